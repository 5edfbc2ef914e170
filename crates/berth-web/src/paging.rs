//! Pages, and their tokens: opaque to clients (`docs/contract/quay.md` 10.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_domain::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a page token is good for, in seconds: two days.
const LIFETIME_S: i64 = 2 * 86_400;

/// Where the next page begins. Not a secret: a forged one shows nothing that the caller may not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// What the list is ordered by, at the last entry of the page before.
    pub after: i64,
    /// The row id of that entry, where the order alone is not unique.
    pub id: i64,
    expires_at_s: i64,
}

impl Cursor {
    /// A cursor behind the entry with that key and row id.
    #[must_use]
    pub const fn new(after: i64, id: i64, now: Timestamp) -> Self {
        Self { after, id, expires_at_s: now.plus_seconds(LIFETIME_S).as_seconds() }
    }

    /// The token for the answer.
    #[must_use]
    pub fn to_token(self) -> String {
        match serde_json::to_vec(&self) {
            Ok(text) => URL_SAFE_NO_PAD.encode(text),
            Err(error) => unreachable!("a cursor is plain data: {error}"),
        }
    }

    /// The cursor of a token; none, which means the first page, for anything that is no living token.
    #[must_use]
    pub fn from_token(token: Option<&str>, now: Timestamp) -> Option<Self> {
        let text = URL_SAFE_NO_PAD.decode(token?).ok()?;
        let cursor: Self = serde_json::from_slice(&text).ok()?;
        (cursor.expires_at_s > now.as_seconds()).then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn tokens_come_back_until_they_expire(after: i64, id: i64) {
            let now = Timestamp::from_micros(1_795_328_950_000_000);
            let token = Cursor::new(after, id, now).to_token();
            let found = Cursor::from_token(Some(&token), now).map(|cursor| (cursor.after, cursor.id));
            proptest::prop_assert_eq!(found, Some((after, id)));
            let late = now.plus_seconds(LIFETIME_S);
            proptest::prop_assert_eq!(Cursor::from_token(Some(&token), late), None);
        }

        #[test]
        fn anything_else_is_the_first_page(token in ".{0,40}") {
            proptest::prop_assert_eq!(Cursor::from_token(Some(&token), Timestamp::from_micros(0)), None);
        }
    }
}
