//! What must not be readable at rest: tokens as hashes, passwords as argon2id, and secrets that must be shown again sealed
//! under the setting `secret_key`.
//!
//! No randomness here: salts and nonces come from the caller, who has them from the host.

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Length of the nonce of a sealed secret, in bytes.
pub const NONCE_LENGTH: usize = 24;

/// The SHA-256 of a token: how tokens and codes of full entropy are stored and found.
#[must_use]
pub fn hash_token(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The argon2id hash of `password`, as a PHC string. 19 MiB and two passes: OWASP's minimum, which fits an instance.
#[must_use]
pub fn hash_password(password: &str, salt: [u8; 16]) -> String {
    let salt = argon2::password_hash::SaltString::encode_b64(&salt).unwrap_or_else(|_| {
        unreachable!("16 bytes are a valid salt");
    });
    match argon2id().hash_password(password.as_bytes(), &salt) {
        Ok(hash) => hash.to_string(),
        Err(_) => unreachable!("the parameters are valid and passwords have bounded length"),
    }
}

/// Whether `password` matches `hash`. A hash that cannot be read matches nothing.
#[must_use]
pub fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| argon2id().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Reserves the memory that hashing a password needs, and frees it for that use. A host without enough memory ends the
/// request here: before an attempt is recorded whose password is never checked.
pub fn reserve_hashing_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(MEMORY_KIB as usize * 1024)));
}

const MEMORY_KIB: u32 = 7 * 1024;

/// 7 MiB and five passes: as hard to guess by OWASP's reckoning (Password Storage Cheat Sheet) as 19 MiB and two, and a third
/// of the memory while many sign in at once. A hash names its own parameters: those of older ones still count.
fn argon2id() -> Argon2<'static> {
    const PASSES: u32 = 5;
    let parameters = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
}

/// What a sealed secret is for. A secret sealed for one purpose does not open for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The secret of an OAuth application.
    ClientSecret,
    /// The token of a robot.
    RobotToken,
    /// An app-specific token.
    AppToken,
    /// The code of an invitation.
    InvitationCode,
    /// User name or password for an upstream registry.
    UpstreamCredentials,
    /// The link between a session and its CSRF token.
    CsrfToken,
    /// A mail with a link that must not be readable at rest.
    Mail,
    /// The password that command-line clients use in place of the real one.
    ClientPassword,
    /// A code or ticket that a later request brings back.
    Ticket,
    /// How far an export of the log is.
    LogCursor,
    /// The link to an export of the log.
    LogExport,
    /// Where failures of a name, an address or a device are counted.
    Throttle,
    /// The cookie of a device from which somebody signed in before.
    Device,
    /// The token of a page of a list.
    PageToken,
    /// The private key that signs tokens for registries.
    SigningKey,
    /// What a page of the console tells once, after a redirect.
    Flash,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::ClientSecret => b"berth client-secret",
            Self::RobotToken => b"berth robot-token",
            Self::AppToken => b"berth app-token",
            Self::InvitationCode => b"berth invitation-code",
            Self::UpstreamCredentials => b"berth upstream-credentials",
            Self::CsrfToken => b"berth csrf-token",
            Self::Mail => b"berth mail",
            Self::ClientPassword => b"berth client-password",
            Self::Ticket => b"berth ticket",
            Self::LogCursor => b"berth log-cursor",
            Self::LogExport => b"berth log-export",
            Self::Throttle => b"berth throttle",
            Self::Device => b"berth device",
            Self::PageToken => b"berth page-token",
            Self::SigningKey => b"berth signing-key",
            Self::Flash => b"berth flash",
        }
    }
}

/// The keys under which secrets are sealed: the present one, and the former ones while they are being replaced.
pub struct SecretKeys {
    present: Key,
    former: Vec<Key>,
}

struct Key([u8; 32]);

/// A sealed secret that no key opens: it was changed, or the key is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a sealed secret does not open: `secret_key` is not the one that sealed it")]
pub struct Unsealable;

/// An opened secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The secret.
    pub text: String,
    /// Whether a former key opened it, so that it must be sealed anew.
    pub is_stale: bool,
}

impl SecretKeys {
    /// The present key alone.
    #[must_use]
    pub fn new(present: &str) -> Self {
        Self { present: Key::derive(present), former: Vec::new() }
    }

    /// The same, and a former key.
    #[must_use]
    pub fn after(mut self, former: &str) -> Self {
        self.former.push(Key::derive(former));
        self
    }

    /// Seals `text` for `purpose`: nonce, then cipher text with its tag (XChaCha20-Poly1305).
    #[must_use]
    pub fn seal(&self, purpose: Purpose, text: &str, nonce: [u8; NONCE_LENGTH]) -> Vec<u8> {
        let payload = Payload { msg: text.as_bytes(), aad: purpose.label() };
        let Ok(sealed) = self.present.cipher().encrypt(&XNonce::from(nonce), payload) else {
            unreachable!("secrets are far below the cipher's length limit");
        };
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// # Errors
    /// [`Unsealable`].
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Result<Opened, Unsealable> {
        if let Some(text) = self.present.open(purpose, sealed) {
            return Ok(Opened { text, is_stale: false });
        }
        let text = self.former.iter().find_map(|key| key.open(purpose, sealed));
        Ok(Opened { text: text.ok_or(Unsealable)?, is_stale: true })
    }

    /// A keyed hash of `text` (HMAC-SHA256): finds a sealed secret, or binds one value to another, without storing it.
    #[must_use]
    pub fn fingerprint(&self, purpose: Purpose, text: &str) -> [u8; 32] {
        self.present.fingerprint(purpose, text)
    }
}

impl Key {
    fn derive(text: &str) -> Self {
        Self(Sha256::digest([b"berth secret_key ", text.as_bytes()].concat()).into())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }

    fn open(&self, purpose: Purpose, sealed: &[u8]) -> Option<String> {
        let (nonce, message) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
        let payload = Payload { msg: message, aad: purpose.label() };
        String::from_utf8(self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
    }

    fn fingerprint(&self, purpose: Purpose, text: &str) -> [u8; 32] {
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes a key of any length");
        };
        mac.update(purpose.label());
        mac.update(b"\0");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Whether two secrets are equal, in time that does not depend on where they differ.
#[must_use]
pub fn equal_in_constant_time(left: &[u8], right: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_for_its_purpose_and_key() {
        let old = SecretKeys::new("old");
        let sealed = old.seal(Purpose::ClientSecret, "s3cret", [7; NONCE_LENGTH]);
        assert!(!sealed.windows(6).any(|window| window == b"s3cret"));
        assert_eq!(old.open(Purpose::ClientSecret, &sealed).map(|o| o.text), Ok("s3cret".into()));
        assert!(old.open(Purpose::RobotToken, &sealed).is_err());
        assert!(SecretKeys::new("new").open(Purpose::ClientSecret, &sealed).is_err());
        let mut changed = sealed.clone();
        changed[30] ^= 1;
        assert!(old.open(Purpose::ClientSecret, &changed).is_err());
        assert!(old.open(Purpose::ClientSecret, &[]).is_err());
    }

    #[test]
    fn former_keys_open_and_say_so() {
        let keys = SecretKeys::new("new").after("old").after("older");
        for former in ["old", "older"] {
            let sealed = SecretKeys::new(former).seal(Purpose::RobotToken, "t", [1; NONCE_LENGTH]);
            let opened = keys.open(Purpose::RobotToken, &sealed);
            assert!(opened.is_ok_and(|opened| opened.is_stale && opened.text == "t"));
        }
        let sealed = keys.seal(Purpose::RobotToken, "t", [1; NONCE_LENGTH]);
        assert!(SecretKeys::new("new").open(Purpose::RobotToken, &sealed).is_ok());
    }

    #[test]
    fn passwords() {
        let hash = hash_password("correct horse", [3; 16]);
        assert!(hash.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{hash}");
        assert!(verify_password("correct horse", &hash));
        assert!(!verify_password("correct hors", &hash));
        assert!(!verify_password("", "not a hash"));
    }
}
