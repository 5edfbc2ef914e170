//! App-specific tokens as answers show them (`docs/contract/quay.md` 5.12).

use berth_domain::Timestamp;
use berth_store::app_tokens::AppToken;
use berth_web::listing::Entries;
use schemars::JsonSchema;
use serde::Serialize;

/// A token.
#[derive(JsonSchema, Serialize)]
pub(crate) struct AppTokenView {
    uuid: String,
    title: String,
    last_accessed: Option<String>,
    created: String,
    /// Null: it does not end.
    expiration: Option<String>,
    /// The token itself, in no list; null where its key is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_code: Option<Option<String>>,
}

impl AppTokenView {
    /// A token without itself.
    pub(super) fn new(token: AppToken) -> Self {
        let AppToken { uuid, title, created_at, expires_at, accessed_at } = token;
        Self {
            uuid,
            title,
            last_accessed: accessed_at.map(Timestamp::to_rfc2822),
            created: created_at.to_rfc2822(),
            expiration: expires_at.map(Timestamp::to_rfc2822),
            token_code: None,
        }
    }
}

/// A token alone.
#[derive(JsonSchema, Serialize)]
pub(crate) struct OneAppToken {
    token: AppTokenView,
}

impl OneAppToken {
    /// A token with itself; none where its key is lost.
    pub(super) fn new(token: AppToken, code: Option<String>) -> Self {
        Self { token: AppTokenView { token_code: Some(code), ..AppTokenView::new(token) } }
    }
}

/// Tokens, of the caller or of all users.
#[derive(JsonSchema, Serialize)]
pub(crate) struct AppTokens {
    tokens: Entries<Vec<AppTokenView>>,
    /// Whether only those that end soon were asked for; null where nothing was said.
    only_expiring: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page: Option<String>,
}

impl AppTokens {
    /// The body of the answer: the tokens, what was asked for, and the token of the next page.
    pub(super) fn of(
        tokens: Entries<Vec<AppTokenView>>,
        only_expiring: Option<bool>,
        next_page: Option<String>,
    ) -> Self {
        Self { tokens, only_expiring, next_page }
    }
}
