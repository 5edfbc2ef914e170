//! What clients of a registry say in queries.

use berth_web::{ApiError, Query};

/// The most entries of a page (`docs/contract/registry.md` D.2).
const MOST: i64 = 100;

const NUMBER: &str = "n is not a number of entries: a whole number, 0 or more";

/// The query of the tags of a repository.
#[derive(Query)]
pub(crate) struct TagsQuery {
    /// How many to list, 100 at most
    #[query(default = 100, refusal = NUMBER)]
    n: i64,
    /// The last one of the page before
    pub(super) last: String,
}

/// The query of the catalog.
#[derive(Query)]
pub(crate) struct CatalogQuery {
    /// How many to list, 100 at most
    #[query(default = 100, refusal = NUMBER)]
    n: i64,
    /// Where the page begins: the page before says it
    pub(super) next_page: String,
}

impl TagsQuery {
    /// How many to list.
    ///
    /// # Errors
    /// 400 for a number below 0.
    pub(super) fn number(&self) -> Result<usize, ApiError> {
        number(self.n)
    }
}

impl CatalogQuery {
    /// How many to list.
    ///
    /// # Errors
    /// 400 for a number below 0.
    pub(super) fn number(&self) -> Result<usize, ApiError> {
        number(self.n)
    }
}

fn number(n: i64) -> Result<usize, ApiError> {
    usize::try_from(n.min(MOST)).map_err(|_| ApiError::invalid_request(NUMBER))
}
