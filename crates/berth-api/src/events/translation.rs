//! What follows from a notification (`docs/contract/registry.md` C.2).

use std::net::{IpAddr, SocketAddr};

use berth_domain::Timestamp;
use berth_domain::log_event::{AtRegistry, LogEvent};
use berth_domain::manifest::{self, Content, ContentKind};
use berth_store::events::{Action, RegistryEvent};
use berth_web::registry::NOBODY;
use berth_web::registry_token::BERTH;

use super::bodies::{Event, EventTarget, Reference};

/// The longest names of repositories, with their namespace, that registries take; other names and ids are no longer.
const LONGEST_NAME: usize = 255;

/// The longest name of a program that is logged, in characters.
const LONGEST_USER_AGENT: usize = 512;

/// What the settings say.
pub(super) struct Rules {
    /// The namespace of a repository that names none.
    pub(super) library: String,
    /// Whether pulls are logged.
    pub(super) logs_pulls: bool,
    /// Nothing happens later than now, whatever the registry's clock says.
    pub(super) now: Timestamp,
}

/// What follows from the notification; `None` where nothing does: of blobs, of what is not known, and of what makes no sense.
pub(super) fn translate<'a>(event: &'a Event, rules: &'a Rules) -> Option<RegistryEvent<'a>> {
    let target = &event.target;
    let (namespace, repository) =
        target.repository.split_once('/').unwrap_or((&rules.library, &target.repository));
    let action = action(event, rules)?;
    let (digest, tag) = (named(&target.digest), named(&target.tag));
    let is_whole = match action {
        Action::Push | Action::Pull => digest.is_some(),
        Action::Delete => digest.is_some() || tag.is_some(),
    };
    let actor = named(&event.actor.name).filter(|name| *name != NOBODY);
    let translated = RegistryEvent {
        id: named(&event.id)?,
        at: Timestamp::from_rfc3339(&event.timestamp)?.min(rules.now),
        action,
        namespace: named(namespace)?,
        repository: named(repository)?,
        digest,
        tag,
        media_type: &target.media_type,
        size_bytes: target.size.max(0),
        contents: contents(target),
        request_id: named(&event.request.id),
        by_berth: actor == Some(BERTH),
        actor: actor.filter(|name| *name != BERTH),
        ip: address(&event.request.addr),
        logged: None,
    };
    let logged = logged(event, &translated);
    let translated = RegistryEvent { logged, ..translated };
    let has_effect = action != Action::Pull || translated.logged.is_some();
    Some(translated).filter(|_| is_whole && has_effect)
}

/// What happened to a manifest. A HEAD that nothing follows is no pull, and one that a GET follows is none besides.
fn action(event: &Event, rules: &Rules) -> Option<Action> {
    let is_manifest = manifest::is_manifest(&event.target.media_type);
    match event.action.as_str() {
        "push" if is_manifest => Some(Action::Push),
        "pull" if is_manifest && rules.logs_pulls && event.request.method == "GET" => {
            Some(Action::Pull)
        }
        "delete" => Some(Action::Delete),
        _ => None,
    }
}

/// A text, unless there is none, or one that is longer than any such name is.
fn named(text: &str) -> Option<&str> {
    Some(text).filter(|text| (1..=LONGEST_NAME).contains(&text.len()))
}

/// The address without its port.
fn address(text: &str) -> Option<String> {
    let address = text.parse::<SocketAddr>().map(|address| address.ip());
    let address = address.or_else(|_| text.parse::<IpAddr>()).ok()?;
    Some(address.to_canonical().to_string())
}

/// What the manifest names, the largest if there is too much: what is left out counts for no size.
fn contents(target: &EventTarget) -> Vec<Content> {
    let is_index = manifest::is_index(&target.media_type);
    let kind = |at: usize| match at {
        _ if is_index => ContentKind::Manifest,
        // Registries name it first.
        0 => ContentKind::Config,
        _ => ContentKind::Layer,
    };
    let references = target.references.iter().enumerate();
    let contents = references.filter_map(|(at, reference)| content(reference, kind(at)));
    manifest::known(contents.collect())
}

fn content(reference: &Reference, kind: ContentKind) -> Option<Content> {
    let digest = named(&reference.digest)?;
    let media_type = named(&reference.media_type).unwrap_or_default();
    manifest::is_size(reference.size).then(|| Content {
        digest: digest.to_owned(),
        media_type: media_type.to_owned(),
        size_bytes: reference.size,
        kind,
    })
}

/// The entry of the log, if there is one: of pulls, of what deletes, and of pushes that name a tag.
fn logged<'a>(event: &'a Event, translated: &RegistryEvent<'a>) -> Option<LogEvent<'a>> {
    if translated.by_berth {
        return None;
    }
    let about = about(event, translated);
    match translated.action {
        Action::Push if translated.tag.is_none() => None,
        Action::Push => Some(LogEvent::PushRepo { registry: about }),
        Action::Pull => {
            let manifest_digest = translated.digest.filter(|_| translated.tag.is_none());
            Some(LogEvent::PullRepo { registry: AtRegistry { manifest_digest, ..about } })
        }
        // The database names the tags.
        Action::Delete => {
            let registry = AtRegistry { tag: None, digest: translated.digest, ..about };
            Some(LogEvent::DeleteTag { registry })
        }
    }
}

fn about<'a>(event: &'a Event, translated: &RegistryEvent<'a>) -> AtRegistry<'a> {
    let user_agent = event.request.useragent.as_str();
    let end = user_agent.char_indices().nth(LONGEST_USER_AGENT).map(|(at, _)| at);
    let username = translated.actor;
    AtRegistry {
        repo: translated.repository,
        namespace: translated.namespace,
        user_agent: &user_agent[..end.unwrap_or(user_agent.len())],
        tag: translated.tag,
        media_type: named(&event.target.media_type),
        username,
        is_robot: username.filter(|name| name.contains('+')).map(|_| true),
        ..AtRegistry::default()
    }
}
