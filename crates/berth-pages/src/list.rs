//! Lists: pages of them, search and order, by the parameters that the lists of the API have.

use maud::{Markup, html};

use crate::api::{Listed, with_query};
use crate::parts;
use crate::visit::Visit;

/// How many entries a page shows, where they are short.
const ROWS: u8 = 25;

/// A list on a page: where it is and in which order it may be.
pub(crate) struct List<'a> {
    /// The address of the page, with the parameters that lead to the list (`?tab=robots`).
    address: String,
    /// The orders: the API's word and ours.
    orders: Vec<(&'a str, &'a str)>,
    search_label: &'a str,
    rows: u8,
    query: String,
    sort: String,
    page_token: String,
}

/// What is said beside a list.
pub(crate) struct Said<'a> {
    /// What its entries are for.
    pub(crate) about: &'a str,
    /// That there is none.
    pub(crate) empty_title: &'a str,
    /// What to do first.
    pub(crate) empty_text: &'a str,
    /// How to make one; nothing for those who may not.
    pub(crate) new: Markup,
}

impl<'a> List<'a> {
    /// The list that `visit` asks for; in the first order where it asks for none.
    pub(crate) fn new(
        visit: &Visit<'_>,
        address: &str,
        search_label: &'a str,
        orders: &[(&'a str, &'a str)],
    ) -> Self {
        let asked = visit.asked("sort");
        let names = || orders.iter().map(|(name, _)| *name);
        // The first is what the page shows as chosen, whatever the API would do by itself.
        let sort = names().find(|name| *name == asked).or_else(|| names().next());
        Self {
            address: address.to_owned(),
            orders: orders.to_vec(),
            search_label,
            rows: ROWS,
            query: visit.asked("q").to_owned(),
            sort: sort.unwrap_or_default().to_owned(),
            page_token: visit.asked("page_token").to_owned(),
        }
    }

    /// The same with so many entries on a page: they are long.
    pub(crate) fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }

    /// The address of the API's list, with what was asked for.
    pub(crate) fn target(&self, list: &str) -> String {
        let limit = self.rows.to_string();
        with_query(
            list,
            &[
                ("limit", &limit),
                ("q", &self.query),
                ("sort", &self.sort),
                ("page_token", &self.page_token),
            ],
        )
    }

    /// The list with what it is about, and `new`, which makes an entry; what to do first where there is none at all.
    pub(crate) fn section<T>(
        &self,
        visit: &Visit<'_>,
        id: &str,
        found: &Listed<T>,
        said: &Said<'_>,
        entries: &Markup,
    ) -> Markup {
        let Said { about, empty_title, empty_text, new } = said;
        let is_empty = self.has_none(found);
        html! {
            div.row { p.grow.soft { (about) } @if !is_empty { (new) } }
            @if is_empty { div.card { (parts::empty(empty_title, empty_text, new)) } } @else {
                (self.card(visit, id, found, entries))
            }
        }
    }

    /// The list: search and order, what was found in a card, the ways to its other pages. `entries` shows what was found, in an element
    /// with that id.
    pub(crate) fn card<T>(
        &self,
        visit: &Visit<'_>,
        id: &str,
        found: &Listed<T>,
        entries: &Markup,
    ) -> Markup {
        self.whole(visit, (id, Some("card")), found, entries)
    }

    /// The same without a card: it stands in one, or its entries are cards.
    pub(crate) fn plain<T>(
        &self,
        visit: &Visit<'_>,
        id: &str,
        found: &Listed<T>,
        entries: &Markup,
    ) -> Markup {
        self.whole(visit, (id, None), found, entries)
    }

    fn whole<T>(
        &self,
        visit: &Visit<'_>,
        (id, class): (&str, Option<&str>),
        found: &Listed<T>,
        entries: &Markup,
    ) -> Markup {
        html! {
            (self.controls(visit, id))
            div id=(id) class=[class] {
                @if found.entries.is_empty() { (self.nothing_found(visit)) } @else { (entries) }
            }
            (self.pager(visit, found.next.as_deref()))
        }
    }

    /// Whether there is no entry at all, and not only none that fits what was asked for.
    pub(crate) fn has_none<T>(&self, found: &Listed<T>) -> bool {
        found.entries.is_empty() && !self.is_narrowed()
    }

    /// Whether only a part of the list was asked for: an empty one then means that nothing was found.
    pub(crate) fn is_narrowed(&self) -> bool {
        !self.query.is_empty() || !self.page_token.is_empty()
    }

    /// Search and order. `results` is the id of the element that holds the list.
    fn controls(&self, visit: &Visit<'_>, results: &str) -> Markup {
        let t = visit.texts;
        let (path, kept) = divided(&self.address);
        html! {
            form.inline method="get" action=(path) role="search" data-live=(results) {
                @for (name, value) in &kept { input type="hidden" name=(name) value=(value); }
                div.field {
                    label for="search" { (self.search_label) }
                    input #search type="search" name="q" value=(self.query) autocomplete="off";
                }
                @if self.orders.len() > 1 {
                    div.field {
                        label for="sort" { (t.order) }
                        select #sort name="sort" {
                            @for (name, label) in &self.orders {
                                option value=(name) selected[*name == self.sort] { (label) }
                            }
                        }
                    }
                }
                button type="submit" { (t.show) }
            }
        }
    }

    /// The ways to other pages of it.
    pub(crate) fn pager(&self, visit: &Visit<'_>, next: Option<&str>) -> Markup {
        let t = visit.texts;
        let (q, sort) = (("q", &*self.query), ("sort", &*self.sort));
        let first = with_query(&self.address, &[q, sort]);
        html! {
            @if next.is_some() || !self.page_token.is_empty() {
                nav.choices aria-label=(t.pages) {
                    @if !self.page_token.is_empty() { a.button href=(first) { (t.first_page) } }
                    @if let Some(next) = next {
                        a.button rel="next" href=(with_query(&self.address, &[q, sort, ("page_token", next)])) {
                            (t.next_page)
                        }
                    }
                }
            }
        }
    }

    /// Nothing fits what was searched for.
    pub(crate) fn nothing_found(&self, visit: &Visit<'_>) -> Markup {
        let t = visit.texts;
        html! { div.empty { h2 { (t.nothing_found) } p { a href=(self.address) { (t.show_all) } } } }
    }
}

/// An address without its query, and the query's pairs: what a form with `method=get` sends along.
pub(crate) fn divided(address: &str) -> (&str, Vec<(String, String)>) {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    (path, form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}
