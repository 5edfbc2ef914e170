//! Entries of the log in words.

use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::parts;
use crate::texts::{Texts, fill};

/// A kind, what is said of it, and what of the metadata is put there; of names with `|` between them the first that is there.
type Sentence = (&'static str, fn(&'static Texts) -> &'static str, &'static [&'static str]);

/// What is said of the usual kinds.
const SENTENCES: &[Sentence] = &[
    ("create_repo", |t| t.log_did_create_repo, &["repo"]),
    ("delete_repo", |t| t.log_did_delete_repo, &["repo"]),
    ("set_repo_description", |t| t.log_did_set_repo_description, &["repo"]),
    ("change_repo_visibility", |t| t.log_did_change_repo_visibility, &["repo", "visibility"]),
    ("push_repo", |t| t.log_did_push_repo, &["repo", "tag|manifest_digest"]),
    ("pull_repo", |t| t.log_did_pull_repo, &["repo", "tag|manifest_digest"]),
    ("delete_tag", |t| t.log_did_delete_tag, &["tag", "repo"]),
    (
        "change_repo_permission",
        |t| t.log_did_change_repo_permission,
        &["username|team", "role", "repo"],
    ),
    ("delete_repo_permission", |t| t.log_did_delete_repo_permission, &["username|team", "repo"]),
    ("create_robot", |t| t.log_did_create_robot, &["robot"]),
    ("delete_robot", |t| t.log_did_delete_robot, &["robot"]),
    ("regenerate_robot_token", |t| t.log_did_regenerate_robot_token, &["robot"]),
    ("create_robot_federation", |t| t.log_did_create_robot_federation, &["robot"]),
    ("delete_robot_federation", |t| t.log_did_delete_robot_federation, &["robot"]),
    ("org_create_team", |t| t.log_did_org_create_team, &["team"]),
    ("org_delete_team", |t| t.log_did_org_delete_team, &["team"]),
    ("org_set_team_description", |t| t.log_did_org_set_team_description, &["team"]),
    ("org_set_team_role", |t| t.log_did_org_set_team_role, &["team", "role"]),
    ("org_add_team_member", |t| t.log_did_org_add_team_member, &["member", "team"]),
    ("org_remove_team_member", |t| t.log_did_org_remove_team_member, &["member", "team"]),
    (
        "org_invite_team_member",
        |t| t.log_did_org_invite_team_member,
        &["member|email|user", "team"],
    ),
    (
        "org_delete_team_member_invite",
        |t| t.log_did_org_delete_team_member_invite,
        &["member|email|user", "team"],
    ),
    (
        "org_team_member_invite_accepted",
        |t| t.log_did_org_team_member_invite_accepted,
        &["member", "team"],
    ),
    (
        "org_team_member_invite_declined",
        |t| t.log_did_org_team_member_invite_declined,
        &["member", "team"],
    ),
    ("org_remove_member", |t| t.log_did_org_remove_member, &["member"]),
    ("org_create", |t| t.log_did_org_create, &["namespace"]),
    ("org_delete", |t| t.log_did_org_delete, &["namespace"]),
    ("org_change_name", |t| t.log_did_org_change_name, &["old_name", "namespace"]),
    ("org_change_settings", |t| t.log_did_org_change_settings, &["namespace"]),
    ("org_change_email", |t| t.log_did_org_change_email, &["email"]),
    ("org_change_invoicing", |t| t.log_did_org_change_invoicing, &[]),
    ("org_change_tag_expiration", |t| t.log_did_org_change_tag_expiration, &["tag_expiration"]),
    ("take_ownership", |t| t.log_did_take_ownership, &["namespace"]),
    ("create_application", |t| t.log_did_create_application, &["application_name"]),
    ("update_application", |t| t.log_did_update_application, &["application_name"]),
    ("delete_application", |t| t.log_did_delete_application, &["application_name"]),
    (
        "reset_application_client_secret",
        |t| t.log_did_reset_application_client_secret,
        &["application_name"],
    ),
    ("create_oauth_api_token", |t| t.log_did_create_oauth_api_token, &["application_name"]),
    ("revoke_oauth_api_token", |t| t.log_did_revoke_oauth_api_token, &["application_name"]),
    ("oauth_token_assigned", |t| t.log_did_oauth_token_assigned, &["assigned_user", "application"]),
    ("oauth_token_granted", |t| t.log_did_oauth_token_granted, &["application_name"]),
    ("oauth_token_revoked", |t| t.log_did_oauth_token_revoked, &["application_name"]),
    (
        "create_app_specific_token",
        |t| t.log_did_create_app_specific_token,
        &["app_specific_token_title"],
    ),
    (
        "revoke_app_specific_token",
        |t| t.log_did_revoke_app_specific_token,
        &["app_specific_token_title"],
    ),
    (
        "create_prototype_permission",
        |t| t.log_did_create_prototype_permission,
        &["delegate_team|delegate_user", "role"],
    ),
    (
        "modify_prototype_permission",
        |t| t.log_did_modify_prototype_permission,
        &["delegate_team|delegate_user", "role"],
    ),
    (
        "delete_prototype_permission",
        |t| t.log_did_delete_prototype_permission,
        &["delegate_team|delegate_user"],
    ),
    ("create_proxy_cache_config", |t| t.log_did_create_proxy_cache_config, &["upstream_registry"]),
    ("change_proxy_cache_config", |t| t.log_did_change_proxy_cache_config, &["upstream_registry"]),
    ("delete_proxy_cache_config", |t| t.log_did_delete_proxy_cache_config, &[]),
    ("purge_proxy_cache", |t| t.log_did_purge_proxy_cache, &["manifests"]),
    ("org_create_quota", |t| t.log_did_org_create_quota, &["limit"]),
    ("org_change_quota", |t| t.log_did_org_change_quota, &["limit"]),
    ("org_delete_quota", |t| t.log_did_org_delete_quota, &[]),
    (
        "org_create_quota_limit",
        |t| t.log_did_org_create_quota_limit,
        &["type", "threshold_percent"],
    ),
    (
        "org_change_quota_limit",
        |t| t.log_did_org_change_quota_limit,
        &["type", "threshold_percent"],
    ),
    (
        "org_delete_quota_limit",
        |t| t.log_did_org_delete_quota_limit,
        &["type", "threshold_percent"],
    ),
    ("export_logs_success", |t| t.log_did_export_logs_success, &[]),
    ("create_namespace_autoprune_policy", |t| t.log_did_create_namespace_autoprune_policy, &[]),
    ("update_namespace_autoprune_policy", |t| t.log_did_update_namespace_autoprune_policy, &[]),
    ("delete_namespace_autoprune_policy", |t| t.log_did_delete_namespace_autoprune_policy, &[]),
    (
        "create_repository_autoprune_policy",
        |t| t.log_did_create_repository_autoprune_policy,
        &["repo"],
    ),
    (
        "update_repository_autoprune_policy",
        |t| t.log_did_update_repository_autoprune_policy,
        &["repo"],
    ),
    (
        "delete_repository_autoprune_policy",
        |t| t.log_did_delete_repository_autoprune_policy,
        &["repo"],
    ),
    ("user_create", |t| t.log_did_user_create, &["username"]),
    ("user_delete", |t| t.log_did_user_delete, &["username"]),
    ("user_disable", |t| t.log_did_user_disable, &["username"]),
    ("user_enable", |t| t.log_did_user_enable, &["username"]),
    ("user_change_email", |t| t.log_did_user_change_email, &["username", "email"]),
    ("user_change_password", |t| t.log_did_user_change_password, &["username"]),
    ("user_change_name", |t| t.log_did_user_change_name, &["username", "new_name"]),
    ("user_change_metadata", |t| t.log_did_user_change_metadata, &["username"]),
    ("user_change_invoicing", |t| t.log_did_user_change_invoicing, &["username"]),
    ("user_change_tag_expiration", |t| t.log_did_user_change_tag_expiration, &["tag_expiration"]),
    ("user_generate_client_key", |t| t.log_did_user_generate_client_key, &["username"]),
    ("login_success", |t| t.log_did_login_success, &["type|kind"]),
    ("logout_success", |t| t.log_did_logout_success, &[]),
    ("create_global_message", |t| t.log_did_create_global_message, &["severity"]),
    ("delete_global_message", |t| t.log_did_delete_global_message, &[]),
    ("mails_read", |t| t.log_did_mails_read, &[]),
    ("service_key_create", |t| t.log_did_service_key_create, &["service"]),
];

/// The most characters of something that is put into a sentence.
const LONGEST: usize = 100;

/// How many facts are told of a kind that nobody has a sentence for.
const FACTS: usize = 6;

/// What happened. Of a kind without a sentence, its name and what is known.
pub(super) fn of(t: &'static Texts, kind: &str, metadata: &Map<String, Value>) -> Markup {
    let known = SENTENCES.iter().find(|(name, ..)| *name == kind);
    let Some((_, text, names)) = known else { return facts(kind, metadata) };
    let values: Vec<String> = names.iter().map(|names| value(metadata, names)).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    html! { (fill(text(t), &values)) }
}

/// The first of these members that is there.
fn value(metadata: &Map<String, Value>, names: &str) -> String {
    let found = names.split('|').find_map(|name| metadata.get(name).filter(|is| !is.is_null()));
    found.map_or_else(|| "–".to_owned(), plain)
}

fn facts(kind: &str, metadata: &Map<String, Value>) -> Markup {
    html! {
        (kind.replace('_', " "))
        @for (name, value) in metadata.iter().filter(|(_, value)| !value.is_null()).take(FACTS) {
            div.soft.small { (name) ": " (plain(value)) }
        }
    }
}

/// A value as text, cut where it is long.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    parts::shortened(&text, LONGEST)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::texts::EN;

    fn said(kind: &str, metadata: &Value) -> String {
        of(&EN, kind, metadata.as_object().expect("an object")).into_string()
    }

    #[test]
    fn kinds_have_sentences() {
        let told = json!({ "team": "dev", "role": "write", "repo": "app" });
        assert_eq!(said("change_repo_permission", &told), "Gave dev the role write on app");
        assert_eq!(said("logout_success", &json!({})), "Signed out");
        assert_eq!(
            said("org_change_email", &json!({ "email": null })).split(' ').next_back(),
            Some("–")
        );
    }

    #[test]
    fn all_places_of_a_sentence_are_filled() {
        for (kind, text, names) in SENTENCES {
            assert_eq!(text(&EN).matches("{}").count(), names.len(), "{kind}");
        }
    }

    #[test]
    fn an_unknown_kind_tells_its_facts() {
        let told = said("paint_logo", &json!({ "color": "<b>", "size": 3, "none": null }));
        assert!(told.starts_with("paint logo") && told.contains("color: &lt;b&gt;"), "{told}");
        assert!(told.contains("size: 3") && !told.contains("none"), "{told}");
    }

    #[test]
    fn what_is_long_is_cut() {
        let told = said("create_repo", &json!({ "repo": "ü".repeat(3000) }));
        assert!(told.ends_with("ü…") && told.chars().count() < 200, "{told}");
    }
}
