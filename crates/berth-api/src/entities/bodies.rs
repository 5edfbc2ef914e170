//! The query of the search.

use berth_store::entities::Found;
use berth_web::{ListQuery, Query};

/// What is searched.
#[derive(Query)]
pub(crate) struct SearchQuery {
    /// Whose teams and robots are found too
    #[query(namespace)]
    namespace: String,
    /// With teams
    #[query(name = "includeTeams")]
    pub(super) teams: bool,
    /// With the organization itself
    #[query(name = "includeOrgs")]
    pub(super) organizations: bool,
    #[query(flatten)]
    pub(super) page: ListQuery<Found>,
}
