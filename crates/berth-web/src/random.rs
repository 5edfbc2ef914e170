//! Random identifiers and secrets.

use berth_domain::Timestamp;
use uuid::Builder;

use crate::platform::Entropy;

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Makes random identifiers out of the host's entropy.
#[derive(Clone, Copy)]
pub struct Random<'a>(&'a dyn Entropy);

impl<'a> Random<'a> {
    /// Identifiers out of this entropy.
    #[must_use]
    pub const fn new(entropy: &'a dyn Entropy) -> Self {
        Self(entropy)
    }

    /// `length` random bytes.
    #[must_use]
    pub fn bytes<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        self.0.fill(&mut bytes);
        bytes
    }

    /// `length` characters `A-Z0-9`: client ids and secrets, robot tokens.
    #[must_use]
    pub fn upper(&self, length: usize) -> String {
        self.text(UPPER, length)
    }

    /// `length` characters `A-Za-z0-9`: access tokens, codes, sessions.
    #[must_use]
    pub fn mixed(&self, length: usize) -> String {
        self.text(MIXED, length)
    }

    /// A random UUID (version 4, RFC 9562).
    #[must_use]
    pub fn uuid(&self) -> String {
        Builder::from_random_bytes(self.bytes()).into_uuid().to_string()
    }

    /// A UUID that grows with time (version 7, RFC 9562).
    #[must_use]
    pub fn ordered_uuid(&self, now: Timestamp) -> String {
        let milliseconds = u64::try_from(now.as_micros().div_euclid(1_000)).unwrap_or_default();
        // The time takes the place of the others.
        let [_, _, _, _, _, _, random @ ..]: [u8; 16] = self.bytes();
        Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid().to_string()
    }

    /// Every character equally likely: bytes beyond the last whole multiple of the alphabet are thrown away.
    fn text(&self, alphabet: &[u8], length: usize) -> String {
        let limit = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let block: [u8; 64] = self.bytes();
            let fair = block.into_iter().map(usize::from).filter(|byte| *byte < limit);
            text.extend(
                fair.take(length - text.len())
                    .map(|byte| char::from(alphabet[byte % alphabet.len()])),
            );
        }
        text
    }
}
