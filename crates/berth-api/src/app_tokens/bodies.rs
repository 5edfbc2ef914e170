//! Bodies and queries about app-specific tokens (`docs/contract/quay.md` 5.12).

use berth_store::app_tokens::AppTokens;
use berth_web::{Json, ListQuery, Query};

/// The query of a list.
#[derive(Query)]
pub(crate) struct AppTokensQuery {
    /// Only those that end soon
    pub(super) expiring: Option<bool>,
    #[query(flatten)]
    pub(super) list: ListQuery<AppTokens>,
}

/// A new token
///
/// `POST /api/v1/user/apptoken`.
#[derive(Json)]
#[json(name = "NewToken")]
pub(crate) struct NewToken {
    /// What the token is called in lists
    #[json(length(0, 255))]
    pub(super) title: String,
}
