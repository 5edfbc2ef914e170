//! A row of a table of pages.

use berth_web::Method;

use crate::Answered;
use crate::visit::Visit;

/// A page, or what a form of it does.
pub struct Page {
    /// The method: GET shows, POST acts.
    pub method: Method,
    /// The path: `:name` stands for one segment, `*name` for one or more.
    pub path: &'static str,
    pub(crate) answer: fn(&Visit<'_>) -> Answered,
}

/// What a page shows. It changes nothing.
pub(crate) const fn get(path: &'static str, answer: fn(&Visit<'_>) -> Answered) -> Page {
    Page { method: Method::GET, path, answer }
}

/// What a form does.
pub(crate) const fn post(path: &'static str, answer: fn(&Visit<'_>) -> Answered) -> Page {
    Page { method: Method::POST, path, answer }
}
