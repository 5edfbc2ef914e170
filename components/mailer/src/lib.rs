//! The component `mailer`: exports `berth:outbound/mailer` (`wit/mailer.wit`), the only code that sends mail.
//!
//! A mail is posted to a gateway as JSON with a Bearer token, the form that common HTTP mail services take. Whoever has
//! another way of sending mail puts a component of his own in its place.

#[cfg(target_family = "wasm")]
mod exported;
#[cfg(target_family = "wasm")]
mod wire;

#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "mailer-provider" });
}

use serde_json::json;
use url::Url;

pub use bindings::exports::berth::outbound::mailer::{Gateway, Message};

/// What is posted for a mail.
pub struct Post {
    /// Where to.
    pub url: Url,
    /// Header fields.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Vec<u8>,
}

impl Post {
    /// The post that hands `message` to `gateway`.
    ///
    /// # Errors
    /// When the gateway's address is none, in words.
    pub fn new(gateway: &Gateway, message: &Message) -> Result<Self, String> {
        let url = Url::parse(&gateway.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or("`mail_gateway_url` is not the address of a gateway")?;
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", concat!("berth/", env!("CARGO_PKG_VERSION")).to_owned()),
            // A gateway that knows it sends a mail once, even if its answer to the first attempt was lost.
            ("idempotency-key", message.id.clone()),
        ];
        if !gateway.token.is_empty() {
            headers.push(("authorization", format!("Bearer {}", gateway.token)));
        }
        let body = json!({
            "from": message.from,
            "to": message.to,
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
        });
        let body = body.to_string().into_bytes();
        // Without a length the host sends chunks, which not every gateway reads.
        headers.push(("content-length", body.len().to_string()));
        Ok(Self { url, headers, body })
    }
}

/// What a gateway's status means.
///
/// # Errors
/// Any but 2xx: the gateway did not take the mail.
pub fn verdict(status: u16) -> Result<(), String> {
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(format!("the gateway answered with status {status}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(url: &str, token: &str) -> Result<Post, String> {
        let gateway = Gateway { url: url.into(), token: token.into() };
        let message = Message {
            id: "7".into(),
            from: "berth@example.com".into(),
            to: "bob@example.com".into(),
            subject: "s".into(),
            text: "t".into(),
            html: "h".into(),
        };
        Post::new(&gateway, &message)
    }

    #[test]
    fn a_mail_is_json_with_a_bearer_token() {
        let post = post("https://mail.example/v1/send?x=1", "secret").expect("an address");
        assert_eq!(post.url.as_str(), "https://mail.example/v1/send?x=1");
        assert!(post.headers.contains(&("authorization", "Bearer secret".into())));
        assert!(post.headers.contains(&("idempotency-key", "7".into())));
        let body = r#"{"from":"berth@example.com","to":"bob@example.com","subject":"s","text":"t","html":"h"}"#;
        assert!(post.headers.contains(&("content-length", body.len().to_string())));
        assert_eq!(String::from_utf8(post.body), Ok(body.into()));
    }

    #[test]
    fn a_gateway_without_a_token_gets_none() {
        let post = post("http://127.0.0.1:8025/", "").expect("an address");
        assert!(post.headers.iter().all(|(name, _)| *name != "authorization"));
    }

    #[test]
    fn what_is_no_address_is_named_by_its_setting() {
        for url in ["", "mail.example", "ftp://mail.example/", "http://"] {
            let error = post(url, "secret").err().expect("no address");
            assert!(error.contains("mail_gateway_url") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn only_success_is_success() {
        assert_eq!(verdict(202), Ok(()));
        for status in [199, 301, 400, 429, 503] {
            assert!(verdict(status).is_err(), "{status}");
        }
    }
}
