//! A token server as registries have them: it signs tokens that `docker-registry` verifies.

use std::io::Write;
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::CertifiedKey;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::json;

use crate::server::Server;

/// The credentials that get a token.
#[derive(Clone, Copy)]
pub(crate) enum Policy {
    /// Everybody.
    Everybody,
    /// `user` with the password `pass`.
    KnownUsers,
    /// Everybody gets one that the registry does not trust.
    Forged,
}

/// A running token server.
pub(crate) struct TokenServer {
    server: Server,
    issuer: Arc<Issuer>,
}

struct Issuer(CertifiedKey<rcgen::KeyPair>);

impl TokenServer {
    /// Starts one.
    pub(crate) fn start(policy: Policy) -> Self {
        let issuer = Arc::new(Issuer::new());
        let signer =
            if matches!(policy, Policy::Forged) { Arc::new(Issuer::new()) } else { issuer.clone() };
        let server = Server::start(move |request, mut stream| {
            let known = request.authorization == format!("Basic {}", STANDARD.encode("user:pass"));
            assert!(request.target.contains("service=the+registry"), "{}", request.target);
            let (status, body) = match policy {
                Policy::KnownUsers if !known => ("401 Unauthorized", json!({ "errors": [] })),
                _ => ("200 OK", json!({ "token": signer.token() })),
            };
            let body = body.to_string();
            let length = body.len();
            let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
        });
        Self { server, issuer }
    }

    /// Where tokens are to be had.
    pub(crate) fn realm(&self) -> String {
        format!("http://{}/token", self.server.name())
    }

    /// The certificate of the key that signs.
    pub(crate) fn certificate_pem(&self) -> String {
        self.issuer.0.cert.pem()
    }
}

impl Issuer {
    fn new() -> Self {
        Self(rcgen::generate_simple_self_signed(vec!["issuer.test".into()]).expect("a certificate"))
    }

    /// A token for the registry's entrance.
    fn token(&self) -> String {
        static RANDOM: OnceLock<SystemRandom> = OnceLock::new();
        let random = RANDOM.get_or_init(SystemRandom::new);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let certificate = STANDARD.encode(self.0.cert.der());
        let header = json!({ "typ": "JWT", "alg": "ES256", "x5c": [certificate] });
        let claims = json!({
            "iss": "the test", "sub": "", "aud": "the registry", "access": [], "jti": "1",
            "iat": now, "nbf": now - 10, "exp": now + 60,
        });
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let key = self.0.signing_key.serialize_der();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, random);
        let signature = key.expect("a P-256 key").sign(random, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.expect("a signature")))
    }
}
