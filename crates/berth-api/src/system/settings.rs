//! `GET /api/v1/superuser/settings`: the settings in force, for whoever runs the installation. Ours, not Quay's.

use berth_access::SuperuserView;
use berth_domain::settings::{ALL, SettingRow};
use berth_web::{Context, HandlerResult, JsonResponse};

use super::views::{SettingInForce, SettingsInForce};

/// What is in the place of a part that is not shown.
const HIDDEN: &str = "…";

/// Every setting, in the order of the documentation.
pub(crate) fn list(
    cx: &Context<'_, SuperuserView>,
) -> HandlerResult<JsonResponse<SettingsInForce>> {
    let view = |row: &SettingRow| {
        let text = cx.services().setting_text(row);
        SettingInForce {
            name: row.name,
            changed: text != row.default,
            value: (!row.secret).then(|| without_credentials(&text)),
            default: row.default,
            secret: row.secret,
            about: row.about,
        }
    };
    Ok(JsonResponse(SettingsInForce { settings: ALL.iter().map(view).collect() }))
}

/// An address without what lets somebody in: the user before its host, and its query. Any other text is as it was.
fn without_credentials(text: &str) -> String {
    let is_address = text.starts_with('/') || text.contains("://");
    if !is_address {
        return text.to_owned();
    }
    let (place, query) = text.split_once('?').unwrap_or((text, ""));
    let query = if query.is_empty() { String::new() } else { format!("?{HIDDEN}") };
    let (scheme, rest) = place.split_once("://").unwrap_or(("", place));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match host.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{HIDDEN}@{host}{path}{query}"),
        None => format!("{place}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn an_address_is_shown_without_what_lets_somebody_in() {
        for (text, shown) in [
            (
                "https://me:secret@mail.example/v1/send?key=secret",
                "https://…@mail.example/v1/send?…",
            ),
            ("https://mail.example:8025", "https://mail.example:8025"),
            ("https://mail.example/a@b", "https://mail.example/a@b"),
            ("/v1/send?key=secret", "/v1/send?…"),
            ("berth@localhost", "berth@localhost"),
            ("what?", "what?"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }
}
