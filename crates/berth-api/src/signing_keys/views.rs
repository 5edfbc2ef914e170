//! Keys as answers show them: never the private one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use berth_domain::Timestamp;
use berth_domain::signing_key::PublicKey;
use berth_store::signing_keys::PublishedKey;
use berth_web::registry_token::ALGORITHM;
use berth_web::{Answer, ApiError, IntoResponse, Response, StatusCode, response};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

/// A key, for superusers.
#[derive(JsonSchema, Serialize)]
pub(crate) struct SigningKeyView {
    /// The id that tokens name it by, and the common name of its certificate.
    kid: String,
    created: String,
    /// From when on it signs.
    signs_from: String,
    /// Until when it is published: null while no other key follows it.
    published_until: Option<String>,
    /// `next`, `signing` or `former`.
    state: &'static str,
}

/// The keys that are published, the one that signs first.
#[derive(JsonSchema, Serialize)]
pub(crate) struct SigningKeys {
    keys: Vec<SigningKeyView>,
}

impl SigningKeys {
    /// As they are now.
    pub(super) fn of(keys: Vec<PublishedKey>, now: Timestamp) -> Self {
        let view = |(place, key): (usize, PublishedKey)| {
            let state = match place {
                0 => "signing",
                _ if key.signs_from > now => "next",
                _ => "former",
            };
            SigningKeyView::new(key, state)
        };
        Self { keys: keys.into_iter().enumerate().map(view).collect() }
    }
}

impl SigningKeyView {
    /// A key in that state.
    pub(super) fn new(key: PublishedKey, state: &'static str) -> Self {
        Self {
            kid: key.kid,
            created: key.created_at.to_iso8601(),
            signs_from: key.signs_from.to_iso8601(),
            published_until: key.published_until.map(Timestamp::to_iso8601),
            state,
        }
    }
}

/// A public key as RFC 7517 has it.
#[derive(JsonSchema, Serialize)]
pub(crate) struct JsonWebKey {
    kty: &'static str,
    crv: &'static str,
    x: String,
    y: String,
    kid: String,
    r#use: &'static str,
    alg: &'static str,
    x5c: [String; 1],
}

impl JsonWebKey {
    /// The public part of a key.
    pub(super) fn of(key: PublishedKey) -> Result<Self, ApiError> {
        let point = PublicKey::from_point(&key.public_key)
            .ok_or_else(|| ApiError::Internal(format!("the key {} is no point", key.kid)))?;
        let (x, y) = point.coordinates();
        Ok(Self {
            kty: "EC",
            crv: "P-256",
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
            kid: key.kid,
            r#use: "sig",
            alg: ALGORITHM,
            x5c: [STANDARD.encode(key.certificate)],
        })
    }
}

/// Public keys as RFC 7517 has them.
#[derive(JsonSchema, Serialize)]
pub(crate) struct JsonWebKeySet {
    pub(super) keys: Vec<JsonWebKey>,
}

/// Certificates as PEM (RFC 7468), one after the other.
pub(crate) struct Certificates(String);

impl Certificates {
    /// Those of these keys.
    pub(super) fn of(keys: &[PublishedKey]) -> Self {
        Self(keys.iter().map(|key| pem(&key.certificate)).collect())
    }
}

impl IntoResponse for Certificates {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        vec![Answer::other(StatusCode::OK, Some("application/x-pem-file"))]
    }

    fn into_response(self) -> Response {
        response::text(StatusCode::OK, "application/x-pem-file", self.0)
    }
}

fn pem(certificate: &[u8]) -> String {
    let text = STANDARD.encode(certificate);
    let mut lines = vec!["-----BEGIN CERTIFICATE-----"];
    lines.extend((0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]));
    lines.push("-----END CERTIFICATE-----\n");
    lines.join("\n")
}
