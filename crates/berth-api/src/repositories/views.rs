//! Repositories as answers show them.

use crate::quotas::views::Quotas;
use berth_domain::Timestamp;
use berth_store::repositories::RepositoryLine;
use serde_json::{Value, json};

/// The kind of every repository.
pub(crate) const KIND: &str = "image";

/// The state of every repository.
pub(crate) const STATE: &str = "NORMAL";

/// Which further members the entries of a list have.
#[derive(Clone, Copy)]
pub(crate) struct ListMembers {
    pub(crate) last_modified: bool,
    pub(crate) popularity: bool,
    pub(crate) is_starred: bool,
    pub(crate) quotas: Quotas,
}

/// A repository in a list (`docs/contract/quay.md` 6.1).
pub(crate) fn line(line: RepositoryLine, more: ListMembers) -> Value {
    let mut view = json!({
        "namespace": line.namespace,
        "name": line.name,
        "description": line.description,
        "is_public": line.is_public,
        "kind": KIND,
        "state": STATE,
    });
    if more.last_modified {
        // No image was ever pushed.
        view["last_modified"] = Value::Null;
    }
    if more.popularity {
        view["popularity"] = json!(0.0);
    }
    if more.is_starred {
        view["is_starred"] = line.is_starred.into();
    }
    if let Some(report) = more.quotas.repository_report(line.quota_bytes) {
        view["quota_report"] = report;
    }
    view
}

/// Three months of pulls and pushes, of which there are none.
pub(crate) fn no_activity(now: Timestamp) -> Value {
    let days = (1..=91).map(|days| {
        let date = now.plus_seconds(-86_400 * days).to_date();
        json!({ "date": date, "count": 0 })
    });
    days.collect()
}
