//! The token that registries take (`docs/contract/registry.md` B.4): signed here, and verified where one comes back. Its keys are
//! in the database; the first one is made when it is first needed.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use berth_domain::Timestamp;
use berth_domain::secret::Purpose;
use berth_domain::settings::{self, Settings};
use berth_domain::signing_key::{PublicKey, SigningKey};
use berth_store::signing_keys::{self, KeyPair, PublishedKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::error::ApiError;
use crate::services::Services;

/// How long a token counts, in seconds. A right that is withdrawn ends within that.
pub const LIFETIME_S: i64 = 300;

/// By how much a token counts from before it is signed, in seconds: zot refuses one of a moment that its own clock has not
/// reached.
const BACKDATED_S: i64 = 5;

/// How far the clock that signed may be from the one that verifies, in seconds: as registries have it, which take the same tokens
/// (`docs/contract/registry.md` B.1).
const SKEW_S: i64 = 60;

/// How long a key stays published after its last token expired, in seconds: clocks differ, and registries allow a minute.
const PUBLISHED_AFTER_S: i64 = 3_600;

/// ECDSA on P-256 with SHA-256 (RFC 7518 3.4): the only algorithm here.
pub const ALGORITHM: &str = "ES256";

/// The subject of tokens that Berth signs for itself (`docs/contract/registry.md` C.2): no account has such a name, and the registry's
/// notifications bear it.
pub const BERTH: &str = "(berth)";

/// What [`service`] and [`verify`] are made of: for rows that use them.
pub const SETTINGS: Settings =
    &[&settings::REGISTRY_SERVICE, &settings::REGISTRY_TOKEN_ISSUER, &settings::SERVER_HOSTNAME];

/// What a token says. The times and the id of the token are added when it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`: the setting `registry_token_issuer`.
    pub issuer: String,
    /// `sub`: the name of the caller.
    pub subject: String,
    /// `aud`: the service that the token is for; null where none is named.
    pub audience: Option<String>,
    /// `access`.
    pub access: Vec<AccessEntry>,
    /// `lists`: whether the names of the repositories that the subject may read can be listed with it.
    pub lists: bool,
}

/// What a token allows on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessEntry {
    /// `repository` or `registry`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name, as it was asked for.
    pub name: String,
    /// `push`, `pull`, `delete`, `*`.
    pub actions: Vec<String>,
}

/// A token, as `/v2/auth` answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedToken {
    /// The token: a secret.
    pub token: String,
    /// When it was signed. It counts for [`LIFETIME_S`] seconds from then on.
    pub issued_at: Timestamp,
}

/// What a token of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedClaims {
    /// The name of the caller.
    pub subject: String,
    /// What it allows.
    pub access: Vec<AccessEntry>,
    /// Whether its subject's repositories may be listed.
    pub lists: bool,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why a token does not count.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// It is no valid token of ours; the text says why, and nothing of the token.
    #[error("{0}")]
    Refused(&'static str),
    /// It cannot be known.
    #[error("the token cannot be verified")]
    Failed(ApiError),
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
    x5c: [String; 1],
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Option<&'a str>,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
    access: &'a [AccessEntry],
    lists: bool,
}

#[derive(Deserialize)]
struct ReceivedHeader {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct ReceivedPayload {
    iss: String,
    sub: String,
    aud: Option<String>,
    exp: i64,
    nbf: i64,
    access: Vec<AccessEntry>,
    #[serde(default)]
    lists: bool,
}

/// The service that registries are configured with, whose tokens [`verify`] accepts. For rows that declare [`SETTINGS`].
#[must_use]
pub fn service(services: &Services<'_>) -> String {
    let service = services.setting(&settings::REGISTRY_SERVICE);
    if service.is_empty() { services.setting(&settings::SERVER_HOSTNAME) } else { service }
}

/// Signs a token of Berth's own, for these actions with a repository of the registry behind. As [`sign`], for rows that declare
/// [`SETTINGS`].
///
/// # Errors
/// As [`sign`].
pub fn sign_own(
    services: &Services<'_>,
    repository: &str,
    actions: &[&str],
) -> Result<String, ApiError> {
    let claims = Claims {
        issuer: services.setting(&settings::REGISTRY_TOKEN_ISSUER),
        subject: BERTH.to_owned(),
        audience: Some(service(services)),
        access: vec![AccessEntry {
            kind: "repository".to_owned(),
            name: repository.to_owned(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        }],
        lists: false,
    };
    Ok(sign(services, &claims)?.token)
}

/// Signs a token. One statement; one more for the first token of an installation, which makes the key. Outside of a
/// transaction.
///
/// # Errors
/// [`ApiError::Internal`] when the key cannot be opened with the settings' secret keys: it is not replaced by another one, which
/// no registry would know.
pub fn sign(services: &Services<'_>, claims: &Claims) -> Result<SignedToken, ApiError> {
    let signer = match signing_keys::signer(services.db(), services.now())? {
        Some(signer) => signer,
        None => make_first(services)?,
    };
    let key = open(services, &signer)?;
    let issued_at = services.now();
    let now_s = issued_at.as_seconds();
    let header = encoded(&Header {
        typ: "JWT",
        alg: ALGORITHM,
        kid: &signer.published.kid,
        x5c: [STANDARD.encode(&signer.published.certificate)],
    })?;
    let payload = encoded(&Payload {
        iss: &claims.issuer,
        sub: &claims.subject,
        aud: claims.audience.as_deref(),
        exp: now_s + LIFETIME_S,
        nbf: now_s - BACKDATED_S,
        iat: now_s - BACKDATED_S,
        jti: services.random().uuid(),
        access: &claims.access,
        lists: claims.lists,
    })?;
    let signed = format!("{header}.{payload}");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    Ok(SignedToken { token: format!("{signed}.{signature}"), issued_at })
}

/// Verifies that a token is ours and counts now. One statement; none for what is no token. For rows that declare [`SETTINGS`].
///
/// # Errors
/// [`VerifyError`].
pub fn verify(services: &Services<'_>, token: &str) -> Result<VerifiedClaims, VerifyError> {
    let received = ReceivedToken::read(token).map_err(VerifyError::Refused)?;
    let point = signing_keys::public_key(services.db(), received.kid(), services.now())
        .map_err(|error| VerifyError::Failed(error.into()))?;
    received.verify(services, point.as_deref()).map_err(VerifyError::Refused)
}

/// A token that was shown, of which nothing is verified yet.
pub(crate) struct ReceivedToken {
    signed: String,
    signature: Vec<u8>,
    kid: String,
    payload: ReceivedPayload,
}

impl ReceivedToken {
    /// Reads a token.
    ///
    /// # Errors
    /// Why it is none of ours, in words that say nothing of it.
    pub(crate) fn read(token: &str) -> Result<Self, &'static str> {
        let parts = token.rsplit_once('.').and_then(|(signed, signature)| {
            let (header, payload) = signed.split_once('.')?;
            let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
            Some((signed, signature, decoded(header)?, decoded(payload)?))
        });
        let Some((signed, signature, ReceivedHeader { alg, kid }, payload)) = parts else {
            return Err("the token is malformed");
        };
        if alg != ALGORITHM {
            return Err("the token has another algorithm");
        }
        Ok(Self { signed: signed.to_owned(), signature, kid, payload })
    }

    /// The id of the key that it names.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The subject that it names.
    pub(crate) fn subject(&self) -> &str {
        &self.payload.sub
    }

    /// What it says, if it counts now and the key at `point` has signed it. For rows that declare [`SETTINGS`].
    ///
    /// # Errors
    /// Why it does not count.
    pub(crate) fn verify(
        self,
        services: &Services<'_>,
        point: Option<&[u8]>,
    ) -> Result<VerifiedClaims, &'static str> {
        let key = point.and_then(PublicKey::from_point);
        if !key.is_some_and(|key| key.has_signed(self.signed.as_bytes(), &self.signature)) {
            return Err("the token is not signed by a key of ours");
        }
        require_counts(services, self.payload)
    }
}

/// What a token of ours says, if it is for this service and of this time.
fn require_counts(
    services: &Services<'_>,
    payload: ReceivedPayload,
) -> Result<VerifiedClaims, &'static str> {
    let ReceivedPayload { iss, sub, aud, exp, nbf, access, lists } = payload;
    if iss != services.setting(&settings::REGISTRY_TOKEN_ISSUER) {
        return Err("the token has another issuer");
    }
    if aud.is_none_or(|aud| aud != service(services)) {
        return Err("the token is for another service");
    }
    let now_s = services.now().as_seconds();
    if nbf.saturating_sub(SKEW_S) > now_s {
        return Err("the token does not count yet");
    }
    if exp.saturating_add(SKEW_S) <= now_s {
        return Err("the token has expired");
    }
    let expires_at = services.now().plus_seconds(exp - now_s);
    Ok(VerifiedClaims { subject: sub, access, lists, expires_at })
}

/// The keys that are published, the one that signs first: where there is none yet, it is made. One statement, or two.
///
/// # Errors
/// [`ApiError`] when the database does not answer, or no key can be made.
pub fn published_keys(services: &Services<'_>) -> Result<Vec<PublishedKey>, ApiError> {
    let published = signing_keys::published(services.db(), services.now())?;
    if published.is_empty() { Ok(vec![make_first(services)?.published]) } else { Ok(published) }
}

/// Until when a key is published whose follower signs from then on.
#[must_use]
pub const fn published_until(follower_signs_from: Timestamp) -> Timestamp {
    follower_signs_from.plus_seconds(LIFETIME_S + PUBLISHED_AFTER_S)
}

/// Makes a key that signs from then on. It is not stored yet. Outside of a transaction.
///
/// # Errors
/// [`ApiError`] when the secret key cannot be had, or the clock shows a time that no certificate can hold.
pub fn new_key(services: &Services<'_>, signs_from: Timestamp) -> Result<KeyPair, ApiError> {
    let key = loop {
        // Nearly every number is a key.
        if let Some(key) = SigningKey::from_bytes(&services.random().bytes()) {
            break key;
        }
    };
    let (now, public) = (services.now(), key.public_key());
    let certificate = key
        .certificate(now, services.random().bytes())
        .map_err(|error| ApiError::Internal(format!("a key to sign with: {error}")))?;
    Ok(KeyPair {
        published: PublishedKey {
            kid: public.fingerprint(),
            public_key: public.to_point(),
            certificate,
            created_at: now,
            signs_from,
            published_until: None,
        },
        sealed_private_key: services
            .seal(Purpose::SigningKey, &URL_SAFE_NO_PAD.encode(key.to_bytes()))?,
    })
}

/// Makes the first key. Of several requests that find none, the first one's counts.
fn make_first(services: &Services<'_>) -> Result<KeyPair, ApiError> {
    let key = new_key(services, services.now())?;
    Ok(signing_keys::create_first(services.db(), &key)?)
}

/// Opens a private key. Where a former secret key opened it, all are sealed anew once the request is answered.
fn open(services: &Services<'_>, signer: &KeyPair) -> Result<SigningKey, ApiError> {
    let opened = services.open(Purpose::SigningKey, &signer.sealed_private_key)?;
    let key = opened.as_ref().and_then(|opened| {
        let bytes = URL_SAFE_NO_PAD.decode(&opened.text).ok()?;
        SigningKey::from_bytes(&bytes.try_into().ok()?)
    });
    let Some(key) = key else {
        return Err(ApiError::Internal(format!(
            "the signing key {} cannot be opened with `secret_key`: no token for the registry can be signed until \
            `secret_key_previous` is the key that sealed it, or a superuser gives it up (docs/registry.md, \
            \"Losing secret_key\")",
            signer.published.kid
        )));
    };
    if opened.is_some_and(|opened| opened.is_stale) {
        services.defer(seal_anew);
    }
    Ok(key)
}

/// Seals all keys under the present secret key that are sealed under a former one: those too that do not sign yet.
fn seal_anew(services: &Services<'_>) -> Result<(), ApiError> {
    for (kid, before) in signing_keys::sealed(services.db())? {
        let opened = services.open(Purpose::SigningKey, &before)?;
        if let Some(stale) = opened.filter(|opened| opened.is_stale) {
            let sealed = services.seal(Purpose::SigningKey, &stale.text)?;
            signing_keys::reseal(services.db(), &kid, &before, &sealed)?;
        }
    }
    Ok(())
}

fn encoded(part: &impl Serialize) -> Result<String, ApiError> {
    let json = serde_json::to_vec(part)
        .map_err(|error| ApiError::Internal(format!("a token cannot be written: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn decoded<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
