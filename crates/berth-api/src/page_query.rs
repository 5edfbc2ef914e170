//! The query of the lists that superusers read (`docs/contract/quay.md` 10.1).

use berth_domain::limits::PAGE_ROWS;
use berth_web::{LIMIT_REFUSAL, Page, Query, Services};

/// Which page, and how long.
#[derive(Query)]
pub(crate) struct PageQuery {
    /// How many to list, at most; no more than 100
    #[query(default = PAGE_ROWS, refusal = LIMIT_REFUSAL)]
    limit: i64,
    /// The page that an answer named `next_page`
    next_page: Option<String>,
}

impl PageQuery {
    /// The page.
    pub(crate) fn page(&self, services: &Services<'_>) -> Page {
        Page::new(self.next_page.as_deref(), self.limit.clamp(1, PAGE_ROWS), services.now())
    }
}
