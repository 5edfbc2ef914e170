//! Secrets, to be looked for where none may be.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_test::{SECRETS, is_error_code};
use serde_json::Value;

/// Shorter values occur in texts by chance.
const SHORTEST: usize = 8;

/// Every secret of some requests and their answers.
#[derive(Debug, Clone, Default)]
pub struct Secrets(BTreeSet<String>);

impl Secrets {
    /// A secret that shows nowhere by its name.
    pub fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.0.insert(secret.to_owned());
        }
    }

    /// Takes over what others have found.
    pub fn merge(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The first that occurs in `text`.
    #[must_use]
    pub fn find_in(&self, text: &str) -> Option<&str> {
        self.0.iter().find(|secret| text.contains(secret.as_str())).map(String::as_str)
    }

    /// The credentials among the headers of a request.
    pub fn learn_headers<'a>(&mut self, headers: impl IntoIterator<Item = &'a (String, String)>) {
        for (name, value) in headers {
            match name.as_str() {
                "authorization" => self.learn_authorization(value),
                "cookie" => self.learn_cookie(value),
                "x-csrf-token" => self.add(value),
                _ => {}
            }
        }
    }

    /// The values in the query and the body of a request.
    pub fn learn_request(&mut self, target: &str, body: Option<&str>) {
        self.learn_parameters(target);
        if let Some(body) = body {
            self.learn_body(body);
        }
        if let Some((_, code)) = target.split_once("/teaminvite/") {
            self.add(code);
        }
    }

    /// The secrets that an answer hands out.
    pub fn learn_answer<'a>(
        &mut self,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: &str,
    ) {
        for (name, value) in headers {
            match name {
                "set-cookie" => self.learn_cookie(value),
                "x-next-csrf-token" => self.add(value),
                "location" => self.learn_parameters(value),
                _ => {}
            }
        }
        self.learn_body(body);
    }

    fn learn_authorization(&mut self, value: &str) {
        let Some((scheme, credentials)) = value.split_once(' ') else { return self.add(value) };
        self.add(credentials);
        let decoded =
            STANDARD.decode(credentials).ok().and_then(|text| String::from_utf8(text).ok());
        if let Some((_, password)) =
            decoded.as_deref().filter(|_| scheme == "Basic").and_then(|text| text.split_once(':'))
        {
            self.add(password);
        }
    }

    fn learn_cookie(&mut self, value: &str) {
        let pair = value.split(';').next().unwrap_or_default();
        self.add(pair.split_once('=').map_or(pair, |(_, value)| value));
    }

    fn learn_body(&mut self, body: &str) {
        match serde_json::from_str::<Value>(body) {
            Ok(json) => self.learn_json(&json),
            Err(_) if body.starts_with('<') => self.learn_page(body),
            Err(_) => self.learn_parameters(body),
        }
    }

    fn learn_json(&mut self, json: &Value) {
        match json {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text)
                            if SECRETS.contains(&name.as_str()) && !is_error_code(text) =>
                        {
                            self.add(text);
                        }
                        Value::String(text) => self.learn_parameters(text),
                        other => self.learn_json(other),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_json(item)),
            _ => {}
        }
    }

    /// The hidden fields of a page's forms.
    fn learn_page(&mut self, page: &str) {
        for field in page.split("<input type=\"hidden\" name=\"").skip(1) {
            let Some((name, rest)) = field.split_once("\" value=\"") else { continue };
            if SECRETS.contains(&name) {
                self.add(rest.split('"').next().unwrap_or_default());
            }
        }
    }

    /// The parameters of an address or a form, its fragment's too.
    fn learn_parameters(&mut self, text: &str) {
        for pair in text.split(['?', '&', '#', ' ', '\n']) {
            let Some((name, value)) = pair.split_once('=') else { continue };
            if !SECRETS.contains(&name) {
                continue;
            }
            self.add(value);
            for (_, decoded) in form_urlencoded::parse(pair.as_bytes()) {
                self.add(&decoded);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_places() {
        let mut secrets = Secrets::default();
        let basic = format!("Basic {}", STANDARD.encode("ci:basic-secret"));
        secrets.learn_headers(&[
            ("authorization".into(), "Bearer bearer-token".into()),
            ("authorization".into(), basic),
            ("cookie".into(), "_csrf_token=cookie-value".into()),
        ]);
        secrets.learn_request("/confirminvite?code=urn%3Aquery-code", Some("password=form+secret"));
        secrets
            .learn_request("/", Some(r#"{"a": [{"password": "json-secret"}], "b": "plain-text"}"#));
        let redirect =
            [("location", "http://x/back?code=location-code#access_token=fragment-token")];
        secrets
            .learn_answer(redirect, r#"<form><input type="hidden" name="code" value="page-code">"#);
        for secret in [
            "bearer-token",
            "basic-secret",
            "cookie-value",
            "urn:query-code",
            "urn%3Aquery-code",
            "form secret",
            "json-secret",
            "location-code",
            "fragment-token",
            "page-code",
        ] {
            assert_eq!(secrets.find_in(&format!("x {secret}.")), Some(secret));
        }
        assert_eq!(secrets.find_in("plain-text"), None);
    }
}
