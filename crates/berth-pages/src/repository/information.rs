//! What a repository is for, and how to use it.

use maud::{Markup, html};
use serde_json::json;

use super::{Repository, Tab, page_of, target};
use crate::Answered;
use crate::form::{form, submit_or_cancel};
use crate::parts;
use crate::visit::Visit;

/// How much of a description is shown.
const SHOWN: usize = 8_000;

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, repository: &Repository) -> Markup {
    let t = visit.texts;
    let may_write = repository.may_write(visit);
    html! {
        section.card aria-labelledby="description" {
            div.row {
                h2.grow #description { (t.description) }
                @if may_write { (parts::dialog_link(&repository.act("describe"), t.change)) }
            }
            @if repository.description.is_empty() { p.soft { (t.repo_no_description) } }
            @else { p.prose { (parts::shortened(&repository.description, SHOWN)) } }
        }
        section.card aria-labelledby="use" {
            h2 #use { (t.use_it) }
            (commands(visit, repository, may_write))
        }
    }
}

/// How to pull, and for those who may, how to push.
pub(super) fn commands(visit: &Visit<'_>, repository: &Repository, may_write: bool) -> Markup {
    let t = visit.texts;
    let image = format!("{}/{}", visit.registry_host(), repository.full_name());
    let push = format!("docker tag IMAGE {image}:TAG\ndocker push {image}:TAG");
    html! {
        (parts::secret(visit, "docker-pull", t.repo_docker_pull, &format!("docker pull {image}")))
        (parts::secret(visit, "podman-pull", t.repo_podman_pull, &format!("podman pull {image}")))
        @if may_write { (parts::secret(visit, "docker-push", t.repo_docker_push, &push)) }
        @if !repository.is_public { p.soft { (t.repo_sign_in_first) } }
    }
}

/// `GET ?act=describe`.
pub(super) fn show_description(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let repository = Repository::load_to_write(visit)?;
    let field = visit.text_field("description", t.description).area().hint(t.repo_description_hint);
    let fields = html! { (field.value(visit, &*repository.description).focus()) };
    let buttons = submit_or_cancel(visit, t.save, &repository.address());
    let content = form(visit, &visit.here(), &fields, &buttons);
    let name = repository.full_name();
    let above = repository.above_act(visit, &name, Tab::Information);
    Ok(visit.form_page(t.repo_describe, &above, content))
}

/// `POST ?act=describe`.
pub(super) fn describe(visit: &Visit<'_>) -> Answered {
    let body = json!({ "description": visit.field("description") });
    if let Err(refusal) = visit.put(&target(visit), &body) {
        return visit.again(refusal, "description", show_description);
    }
    visit.done(&page_of(visit), visit.texts.repo_described)
}
