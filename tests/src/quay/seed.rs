//! Building the state that the cases were recorded on, through public requests.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::case::file;
use crate::{Client, Reply, Session};

/// Every password.
const PASSWORD: &str = "password";

/// A team with role admin that exists while tokens are made: only an organization's administrators get tokens of its
/// applications.
const MINT_TEAM: &str = "minters";

/// The results of the seeding.
#[derive(Default)]
pub struct Start {
    /// Values that later requests name: `{{app-one.client_id}}`.
    pub variables: HashMap<String, String>,
    /// OAuth tokens by symbolic name: `orgadmin[org:admin]`.
    pub tokens: HashMap<String, String>,
}

/// Builds the state on an empty host.
#[must_use]
pub fn seed(client: Client) -> Start {
    let text = std::fs::read_to_string(file("state.json")).expect("state.json is there");
    let state: Value = serde_json::from_str(&text).expect("state.json is JSON");
    let mut seeder = Seeder { client, state, sessions: HashMap::new(), start: Start::default() };
    seeder.users();
    seeder.organizations();
    seeder.repositories();
    seeder.applications();
    seeder.prototypes();
    seeder.tokens();
    seeder.disable_users();
    seeder.start
}

struct Seeder {
    client: Client,
    state: Value,
    sessions: HashMap<String, Session>,
    start: Start,
}

impl Seeder {
    fn list(&self, name: &str) -> Vec<Value> {
        self.state[name].as_array().expect("a list").clone()
    }

    fn session(&mut self, user: &str) -> Client {
        let client = &self.client;
        let session = self.sessions.entry(user.to_owned());
        session.or_insert_with(|| Session::sign_in(client, user, PASSWORD)).client()
    }

    fn users(&mut self) {
        let users = self.list("users");
        let (first, others) = users.split_first().expect("there are users");
        let body =
            json!({ "username": first["username"], "password": PASSWORD, "email": first["email"] });
        must(self.client.post("/api/v1/user/initialize", &body));
        let admin = self.session(text(&first["username"]));
        for user in others {
            let name = text(&user["username"]);
            let account = json!({ "username": name, "email": user["email"] });
            if user["verified"] == false {
                // Made by signing up: with mail on, the address stays unconfirmed.
                let mut account = account;
                account["password"] = PASSWORD.into();
                must(Session::anonymous(&self.client).client().post("/api/v1/user/", &account));
                continue;
            }
            must(admin.post("/api/v1/superuser/users/", &account));
            let change = json!({ "password": PASSWORD, "email": user["email"] });
            must(admin.put(&format!("/api/v1/superuser/users/{name}"), &change));
        }
    }

    fn organizations(&mut self) {
        let robots = self.list("robots");
        for organization in self.list("organizations") {
            let (name, owner) = (text(&organization["name"]), text(&organization["owner"]));
            let client = self.session(owner);
            let mut body = json!({ "name": name });
            if organization["email"].is_string() {
                body["email"] = organization["email"].clone();
            }
            must(client.post("/api/v1/organization/", &body));
            for robot in &robots {
                self.robot(&client, name, robot);
            }
            for team in organization["teams"].as_array().expect("a list") {
                self.team(&client, name, owner, team);
            }
            if organization["proxy_cache"].is_object() {
                let path = format!("/api/v1/organization/{name}/proxycache");
                must(client.post(&path, &organization["proxy_cache"]));
            }
        }
    }

    fn robot(&mut self, client: &Client, organization: &str, robot: &Value) {
        let full = text(&robot["name"]);
        let Some((namespace, short)) = full.split_once('+') else { return };
        if namespace != organization {
            return;
        }
        let body = match text(&robot["description"]) {
            "" => json!({}),
            description => json!({ "description": description, "unstructured_metadata": {} }),
        };
        let made =
            must(client.put(&format!("/api/v1/organization/{organization}/robots/{short}"), &body));
        let token = text(&made.json()["token"]).to_owned();
        self.start.variables.insert(format!("{full}.token"), token);
    }

    fn team(&mut self, client: &Client, organization: &str, owner: &str, team: &Value) {
        let name = text(&team["name"]);
        let path = format!("/api/v1/organization/{organization}/team/{name}");
        if name != "owners" {
            let body = json!({ "role": team["role"], "description": team["description"] });
            must(client.put(&path, &body));
        }
        for member in team["members"].as_array().expect("a list").iter().map(text) {
            if name != "owners" || member != owner {
                self.join(client, organization, name, member);
            }
        }
        for invited in team["invites"].as_array().expect("a list").iter().map(text) {
            let kind = if invited.contains('@') { "invite" } else { "members" };
            must(client.put_empty(&format!("{path}/{kind}/{invited}")));
        }
    }

    /// Puts somebody into a team; where they are only invited, they accept.
    fn join(&mut self, client: &Client, organization: &str, team: &str, member: &str) {
        let path = format!("/api/v1/organization/{organization}/team/{team}/members/{member}");
        if must(client.put_empty(&path)).json()["invited"] != true {
            return;
        }
        let client = self.session(member);
        let notifications = must(client.get("/api/v1/user/notifications")).json();
        let invitation = notifications["notifications"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|notification| &notification["metadata"])
            .find(|metadata| metadata["org"] == organization && metadata["team"] == team)
            .unwrap_or_else(|| panic!("{member} has no invitation: {notifications}"));
        must(client.put_empty(&format!("/api/v1/teaminvite/{}", text(&invitation["code"]))));
    }

    fn repositories(&mut self) {
        for repository in self.list("repositories") {
            let client = self.session(text(&repository["owner"]));
            let (namespace, name) = (text(&repository["namespace"]), text(&repository["name"]));
            let body = json!({
                "namespace": namespace,
                "repository": name,
                "visibility": repository["visibility"],
                "description": repository["description"],
            });
            must(client.post("/api/v1/repository", &body));
            for permission in repository["permissions"].as_array().expect("a list") {
                let (kind, who) = (text(&permission["kind"]), text(&permission["name"]));
                let path =
                    format!("/api/v1/repository/{namespace}/{name}/permissions/{kind}/{who}");
                must(client.put(&path, &json!({ "role": permission["role"] })));
            }
        }
    }

    fn owner_of(&self, organization: &Value) -> String {
        let organizations = self.list("organizations");
        let found = organizations.iter().find(|known| known["name"] == *organization);
        text(&found.expect("it was made")["owner"]).to_owned()
    }

    fn applications(&mut self) {
        for application in self.list("applications") {
            let owner = self.owner_of(&application["organization"]);
            let client = self.session(&owner);
            let mut body = application.clone();
            let members = body.as_object_mut().expect("an object");
            members.retain(|name, value| name != "organization" && !value.is_null());
            let organization = text(&application["organization"]);
            let made = must(
                client.post(&format!("/api/v1/organization/{organization}/applications"), &body),
            );
            for secret in ["client_id", "client_secret"] {
                let value = text(&made.json()[secret]).to_owned();
                let name = format!("{}.{secret}", text(&application["name"]));
                self.start.variables.insert(name, value);
            }
        }
    }

    fn prototypes(&mut self) {
        for (position, prototype) in self.list("prototypes").iter().enumerate() {
            let owner = self.owner_of(&prototype["organization"]);
            let client = self.session(&owner);
            let mut body = json!({ "role": prototype["role"], "delegate": prototype["delegate"] });
            if prototype["activating_user"].is_string() {
                body["activating_user"] = json!({ "name": prototype["activating_user"] });
            }
            let organization = text(&prototype["organization"]);
            let made = must(
                client.post(&format!("/api/v1/organization/{organization}/prototypes"), &body),
            );
            let id = text(&made.json()["id"]).to_owned();
            self.start.variables.insert(format!("prototype-{}.id", position + 1), id);
        }
    }

    /// Tokens by the implicit flow: the token is in the fragment of `Location`.
    fn tokens(&mut self) {
        let application = self.list("applications").remove(0);
        let organization = text(&application["organization"]).to_owned();
        let owner = self.owner_of(&application["organization"]);
        let client = self.session(&owner);
        let team = format!("/api/v1/organization/{organization}/team/{MINT_TEAM}");
        must(client.put(&team, &json!({ "role": "admin" })));
        let mut joined = vec![owner];
        for token in self.list("oauth_tokens") {
            let user = text(&token["user"]);
            if !joined.iter().any(|known| known == user) {
                self.join(&client, &organization, MINT_TEAM, user);
                joined.push(user.to_owned());
            }
            let minted = self.mint(user, text(&token["scope"]), text(&application["redirect_uri"]));
            if token["revoked"] == true {
                self.revoke_newest(user);
            }
            let symbol = text(&token["symbol"]).to_owned();
            self.start.variables.insert(format!("token:{symbol}"), minted.clone());
            self.start.tokens.insert(symbol, minted);
        }
        must(client.delete(&team));
    }

    fn mint(&mut self, user: &str, scope: &str, redirect_uri: &str) -> String {
        let client_id = self.start.variables["tokens.client_id"].clone();
        let form = format!(
            "response_type=token&client_id={client_id}&redirect_uri={redirect_uri}&scope={}",
            scope.replace(' ', "+")
        );
        let reply = self.session(user).post_form("/oauth/authorizeapp", &form);
        let location = reply.header("location").unwrap_or_default();
        let token = location.split("access_token=").nth(1).and_then(|rest| rest.split('&').next());
        token
            .unwrap_or_else(|| panic!("no token for {user}, {scope}: {reply} {location}"))
            .to_owned()
    }

    /// "Expired" tokens are revoked ones: Quay answers both alike.
    fn revoke_newest(&mut self, user: &str) {
        let client = self.session(user);
        let list = must(client.get("/api/v1/user/authorizations")).json();
        let newest =
            list["authorizations"].as_array().and_then(|list| list.last()).expect("one was made");
        must(client.delete(&format!("/api/v1/user/authorizations/{}", text(&newest["uuid"]))));
    }

    fn disable_users(&mut self) {
        let users = self.list("users");
        let admin = self.session(text(&users[0]["username"]));
        for user in users.iter().filter(|user| user["enabled"] == false) {
            let path = format!("/api/v1/superuser/users/{}", text(&user["username"]));
            must(admin.put(&path, &json!({ "enabled": false })));
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn must(reply: Reply) -> Reply {
    assert!(reply.status < 300, "seeding: {reply}");
    reply
}
