//! The pages: method, path, who answers. Paths are Quay's where Quay has a page.

use berth_access::PathParameters;
use berth_web::{Method, Response, path_parameters};

use crate::page::Page;
use crate::visit::Visit;
use crate::{
    account, explanation, home, notifications, organization, repository, sign_in, superuser,
};

/// All pages, in tables by what they are about. The first that fits answers.
const PAGES: &[&[&[Page]]] = &[
    &[home::PAGES, notifications::PAGES, sign_in::PAGES],
    organization::PAGES,
    repository::PAGES,
    account::PAGES,
    superuser::PAGES,
];

/// All pages, one by one.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    PAGES.iter().flat_map(|tables| tables.iter()).flat_map(|table| table.iter())
}

/// The answer; none where there is no such page, or the console is off.
pub(crate) fn answer(visit: &Visit<'_>) -> Option<Response> {
    let path = visit.request().uri().path();
    if !visit.is_on() {
        return None;
    }
    let fits = find(path);
    if fits.is_empty() {
        return None;
    }
    let method = match *visit.request().method() {
        Method::HEAD => Method::GET,
        ref method => method.clone(),
    };
    let Some((page, parameters)) = fits.into_iter().find(|(page, _)| page.method == method) else {
        return Some(explanation::wrong_method(visit));
    };
    Some(run(visit, page, parameters))
}

/// The answer of a page, whatever happens.
fn run(visit: &Visit<'_>, page: &Page, parameters: PathParameters) -> Response {
    visit.set_path(parameters);
    let answered = match visit.comes_from_elsewhere() {
        true => Err(explanation::from_elsewhere(visit)),
        false => (page.answer)(visit),
    };
    answered.unwrap_or_else(|refusal| explanation::explain(visit, refusal))
}

/// The pages that know a path.
fn find(path: &str) -> Vec<(&'static Page, PathParameters)> {
    pages().filter_map(|page| Some((page, path_parameters(page.path, path)?))).collect()
}
