//! The tags of a repository, as far as the registry behind told of them.

use maud::{Markup, html};
use serde::Deserialize;

use super::{Repository, Tab, information, page_of, target};
use crate::Answered;
use crate::api::{Listed, segment, with_query};
use crate::confirm::{self, Confirm};
use crate::list::List;
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// A page of tags. They are counted in pages here.
#[derive(Deserialize)]
struct Tags {
    tags: Vec<Tag>,
    page: i64,
    has_additional: bool,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    manifest_digest: String,
    is_manifest_list: bool,
    /// Of its layers, in bytes; none of an index.
    size: Option<i64>,
    last_modified: String,
}

/// How many tags a page shows.
const ROWS: &str = "25";

/// The tab. Two statements besides those of the repository.
pub(super) fn tab(visit: &Visit<'_>, repository: &Repository) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let list = List::new(visit, &repository.tab(Tab::Tags), t.repo_search_tags, &[]);
    let name = visit.asked("q").trim();
    let filter = if name.is_empty() { String::new() } else { format!("like:{name}") };
    // Whatever is no number is the first page.
    let page = visit.asked("page_token").parse::<i64>().unwrap_or(1).to_string();
    let asked = [
        ("limit", ROWS),
        ("page", &*page),
        ("onlyActiveTags", "true"),
        ("filter_tag_name", &*filter),
    ];
    let found: Tags = visit.get(&with_query(&format!("{}/tag/", target(visit)), &asked))?;
    let next = found.has_additional.then(|| (found.page + 1).to_string());
    let found = Listed { entries: found.tags, next };
    Ok(html! {
        @if list.has_none(&found) {
            div.card {
                (parts::empty(t.repo_no_tags, t.repo_no_tags_text, &html! {}))
            }
            @if repository.may_write(visit) {
                section.card aria-labelledby="use" {
                    h2 #use { (t.use_it) }
                    (information::commands(visit, repository, true))
                }
            }
        } @else {
            (list.card(visit, "tags", &found, &table(visit, repository, &found.entries)))
        }
    })
}

fn table(visit: &Visit<'_>, repository: &Repository, tags: &[Tag]) -> Markup {
    let t = visit.texts;
    let may_write = repository.may_write(visit);
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.repo_tag) }
                    th.number scope="col" { (t.repo_size) }
                    th scope="col" { (t.repo_pushed) }
                    th scope="col" { (t.repo_digest) }
                    @if may_write { th scope="col" { span.visually-hidden { (t.delete) } } }
                }
            }
            tbody {
                @for tag in tags {
                    tr {
                        th scope="row" {
                            span {
                                (tag.name)
                                @if tag.is_manifest_list { " " span.badge { (t.repo_index) } }
                            }
                        }
                        td.number data-label=(t.repo_size) {
                            (tag.size.map_or_else(|| "–".to_owned(), parts::bytes))
                        }
                        td data-label=(t.repo_pushed) { (parts::time(&tag.last_modified)) }
                        td data-label=(t.repo_digest) {
                            code title=(tag.manifest_digest) { (parts::shortened(&tag.manifest_digest, 19)) }
                        }
                        @if may_write {
                            td {
                                div.actions {
                                    @let act = with_query(&repository.act("delete-tag"), &[("tag", &tag.name)]);
                                    (parts::alarm_link(&act, t.delete, &tag.name))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `GET ?act=delete-tag&tag=<tag>`.
pub(super) fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let repository = Repository::load_to_write(visit)?;
    let name = repository.full_name();
    let back = repository.tab(Tab::Tags);
    let title = fill(t.repo_delete_tag_question, &[visit.asked("tag"), &name]);
    let text = html! { p { (t.repo_delete_tag_text) } };
    let confirm = Confirm { title: &title, text, button: t.delete, back: &back, typed: None };
    confirm::ask(visit, &repository.above_act(visit, &name, Tab::Tags), &confirm)
}

/// `POST ?act=delete-tag&tag=<tag>`.
pub(super) fn delete(visit: &Visit<'_>) -> Answered {
    let tag = visit.asked("tag");
    if let Err(refusal) = visit.delete(&format!("{}/tag/{}", target(visit), segment(tag))) {
        return visit.again(refusal, "", ask_deletion);
    }
    visit.done(&format!("{}?tab=tags", page_of(visit)), fill(visit.texts.repo_tag_deleted, &[tag]))
}
