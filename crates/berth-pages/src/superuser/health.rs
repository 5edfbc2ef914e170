//! Whether the installation works, in words.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;

use super::require_view;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// What the API answers about health.
#[derive(Deserialize)]
struct Health {
    data: Services,
}

#[derive(Deserialize)]
struct Services {
    services: BTreeMap<String, bool>,
}

/// The tab. Probes may ask about health; the page is for those who see the installation.
pub(super) fn tab(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let t = visit.texts;
    require_view(visit)?;
    let services = working(visit)?;
    let warnings: Health = visit.get("/health/warning")?;
    Ok(html! {
        section.card aria-labelledby="services" {
            h2 #services { (t.health) }
            @match &services {
                Some(services) => {
                    p { (t.healthy) }
                    ul.entries { @for (name, works) in services { li { (service(visit, name, *works)) } } }
                },
                None => { div.notice.alarm { (t.unhealthy) } },
            }
            p.soft { (t.health_about) }
        }
        section.card aria-labelledby="warnings" {
            h2 #warnings { (t.warnings) }
            @if warnings.data.services.is_empty() { p { (t.no_warnings) } }
            ul.entries {
                @for (name, works) in &warnings.data.services { li { (service(visit, name, *works)) } }
            }
        }
    })
}

/// What works; none where something does not, which the API says by its status.
fn working(visit: &Visit<'_>) -> Result<Option<BTreeMap<String, bool>>, Refusal> {
    match visit.get::<Health>("/health/instance") {
        Err(refusal) if refusal.status.as_u16() == 503 => Ok(None),
        found => found.map(|health| Some(health.data.services)),
    }
}

fn service(visit: &Visit<'_>, name: &str, works: bool) -> Markup {
    let t = visit.texts;
    let name = match name {
        "database" => t.the_database,
        "key_value" => t.the_key_value_store,
        other => other,
    };
    html! {
        span.grow { (name) }
        @if works { span.badge.good { (t.works) } } @else { span.badge.alarm { (t.works_not) } }
    }
}
