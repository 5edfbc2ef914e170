//! Whether what was answered is stored.

use serde_json::json;

use crate::Client;

/// Each of these organizations, whose creation was answered, is there, and whole.
///
/// # Panics
/// When one is not.
pub fn require_organizations(client: &Client, names: &[String]) {
    for name in names {
        let reply = client.get(&format!("/api/v1/organization/{name}"));
        assert_eq!(reply.status, 200, "{name} was answered and is lost: {reply}");
        assert_eq!(reply.json()["ordered_teams"], json!(["owners"]), "{name} is half there");
    }
}
