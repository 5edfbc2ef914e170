//! The query of the lists that superusers read (`docs/contract/quay.md` 10.1).

use berth_access::Permit;
use berth_domain::limits::PAGE_ROWS;
use berth_web::{Context, LIMIT_REFUSAL, Page, PageQuery, Query};

/// Which page, and how long.
#[derive(Query)]
pub(crate) struct SizedPageQuery {
    /// How many to list, at most; no more than 100
    #[query(default = PAGE_ROWS, refusal = LIMIT_REFUSAL)]
    limit: i64,
    #[query(flatten)]
    page: PageQuery,
}

impl SizedPageQuery {
    /// The page.
    pub(crate) fn page<P: Permit>(&self, cx: &Context<'_, P>) -> Page {
        self.page.page_of(self.limit.clamp(1, PAGE_ROWS), cx)
    }
}
