//! The component `mailer`: exports `berth:outbound/mailer` (`wit/mailer.wit`), the only code that sends mail.
//!
//! A mail is posted to a gateway as JSON with a Bearer token, the form that common HTTP mail services take. To send mail
//! in another way, replace this component.

#[cfg(target_family = "wasm")]
mod exported;

#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "mailer-provider" });
}

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderName, Request, StatusCode, Uri};
use serde_json::json;

pub use bindings::exports::berth::outbound::mailer::{Gateway, Message};

/// A gateway that knows it sends a mail once, even if its response to the first attempt was lost
/// (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The request that hands `message` to `gateway`.
///
/// # Errors
/// When the gateway's address or token cannot be used, in words.
pub fn request(gateway: &Gateway, message: &Message) -> Result<Request<Vec<u8>>, String> {
    let uri: Option<Uri> = gateway.url.parse().ok().filter(|uri: &Uri| {
        let scheme = uri.scheme();
        uri.host().is_some_and(|host| !host.is_empty())
            && (scheme == Some(&Scheme::HTTP) || scheme == Some(&Scheme::HTTPS))
    });
    let uri = uri.ok_or("`mail_gateway_url` is not the address of a gateway")?;
    let body = json!({
        "from": message.from,
        "to": message.to,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
    });
    let body = body.to_string().into_bytes();
    let mut request = Request::post(uri)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("berth/", env!("CARGO_PKG_VERSION")))
        .header(IDEMPOTENCY_KEY, &message.id)
        // Without a length the host sends chunks, which not every gateway reads.
        .header(CONTENT_LENGTH, body.len());
    if !gateway.token.is_empty() {
        request = request.header(AUTHORIZATION, format!("Bearer {}", gateway.token));
    }
    request.body(body).map_err(|_| "`mail_gateway_token` fits into no header".into())
}

/// How a gateway's status is understood.
///
/// # Errors
/// Any but 2xx: the gateway did not take the mail.
pub fn verdict(status: StatusCode) -> Result<(), String> {
    if status.is_success() {
        return Ok(());
    }
    Err(format!("the gateway answered with status {}", status.as_u16()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, token: &str) -> Result<Request<Vec<u8>>, String> {
        let gateway = Gateway { url: url.into(), token: token.into() };
        let message = Message {
            id: "7".into(),
            from: "berth@example.com".into(),
            to: "bob@example.com".into(),
            subject: "s".into(),
            text: "t".into(),
            html: "h".into(),
        };
        request(&gateway, &message)
    }

    #[test]
    fn a_mail_is_json_with_a_bearer_token() {
        let request = of("https://mail.example/v1/send?x=1", "secret").expect("an address");
        assert_eq!(request.uri(), "https://mail.example/v1/send?x=1");
        assert_eq!(request.headers()["authorization"], "Bearer secret");
        assert_eq!(request.headers()["idempotency-key"], "7");
        let body = r#"{"from":"berth@example.com","to":"bob@example.com","subject":"s","text":"t","html":"h"}"#;
        assert_eq!(request.headers()["content-length"], body.len().to_string());
        assert_eq!(String::from_utf8(request.into_body()), Ok(body.into()));
    }

    #[test]
    fn a_gateway_without_a_token_gets_none() {
        let request = of("http://127.0.0.1:8025/", "").expect("an address");
        assert!(!request.headers().contains_key("authorization"));
    }

    #[test]
    fn what_cannot_be_used_is_named_by_its_setting() {
        for url in ["", "mail.example", "/send", "ftp://mail.example/", "http://", "http://a b/"] {
            let error = of(url, "secret").expect_err("no address");
            assert!(error.contains("mail_gateway_url") && !error.contains("secret"), "{error}");
        }
        let error = of("http://mail.example/", "two\nlines").expect_err("no header");
        assert!(error.contains("mail_gateway_token") && !error.contains("lines"), "{error}");
    }

    #[test]
    fn only_success_is_success() {
        assert_eq!(verdict(StatusCode::ACCEPTED), Ok(()));
        for status in [199, 301, 400, 429, 503] {
            assert!(verdict(StatusCode::from_u16(status).expect("a status")).is_err(), "{status}");
        }
    }
}
