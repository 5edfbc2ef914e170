//! What two people do, from the first account to the log, with clicks and keys alone: without scripts, and with them.

use berth_tests::{Browser, Host};

use super::gateway::Gateway;

/// A person with a browser.
struct Person {
    browser: Browser,
    base: String,
    scripts: bool,
}

impl Person {
    fn new(base: &str, scripts: bool) -> Self {
        Self { browser: Browser::open(scripts), base: base.to_owned(), scripts }
    }

    fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.base));
    }

    /// Opens the form behind a link, which is a page or a dialog, fills it in and sends it.
    fn fill_in(&self, link: &str, fields: &[(&str, &str)], button: &str) {
        let form = match self.scripts {
            true => {
                self.browser.click_text(link);
                "dialog "
            }
            false => {
                self.browser.follow_text(link);
                ""
            }
        };
        for (name, value) in fields {
            self.browser.fill_or_choose(&format!("{form}[name={name}]"), value);
        }
        self.send(form, button);
    }

    fn send(&self, form: &str, button: &str) {
        let inside = if form.is_empty() { "" } else { "//dialog" };
        self.browser.follow(&format!("{inside}//button[normalize-space(.)='{button}']"));
    }

    /// Fills in the form of the page and sends it.
    fn send_page(&self, fields: &[(&str, &str)], button: &str) {
        for (name, value) in fields {
            self.browser.fill_or_choose(&format!("main [name={name}]"), value);
        }
        self.send("", button);
    }

    #[track_caller]
    fn sees(&self, texts: &[&str]) {
        let page = self.browser.text();
        for text in texts {
            assert!(page.contains(text), "{text:?} is not at {}:\n{page}", self.browser.url());
        }
    }
}

/// A host at an address that it knows, so that the links in its mails lead to it.
fn host(gateway: &Gateway) -> Host {
    let port = berth_tests::free_port();
    let name = format!("127.0.0.1:{port}");
    Host::options()
        .at(&name)
        .variable("server_hostname", &name)
        .variable("mail_gateway_url", &gateway.url())
        .start()
}

fn everything(scripts: bool) {
    let gateway = Gateway::open();
    let host = host(&gateway);
    let ana = Person::new(host.base(), scripts);
    ana.go("/");
    ana.sees(&["There is no account yet"]);
    let account =
        [("username", "ana"), ("email", "ana@example.com"), ("password", "correct-horse")];
    ana.send_page(&account, "Create the first account");
    ana.sees(&["The account ana was created.", "You are in no organization yet"]);
    ana.fill_in("New organization", &[("name", "acme")], "Create organization");
    ana.sees(&["The organization acme was created."]);
    ana.go("/organization/acme?tab=repositories");
    ana.fill_in("New repository", &[("name", "app")], "Create repository");
    ana.sees(&["app"]);
    invitation(&ana, &gateway, host.base());
    ana.go("/organization/acme?tab=robots");
    let robot = [("name", "ci"), ("repositories", "app"), ("role", "write")];
    ana.fill_in("New robot", &robot, "Create robot");
    ana.sees(&[
        "The robot acme+ci was created.",
        "docker login -u='acme+ci'",
        "Write: pull and push",
    ]);
    ana.go("/organization/acme?tab=applications");
    let application = [("name", "Dashboard")];
    ana.fill_in("New application", &application, "Create application");
    token(&ana);
    cache(&ana);
    ana.go("/organization/acme?tab=log");
    ana.sees(&["ana", "acme+ci", "Dashboard"]);
    // What was done is in the log, and no secret is in the host's.
    assert!(!host.log().contains("correct-horse"));
}

/// Ana invites an address; Bob follows the link, signs up, and is in the team.
fn invitation(ana: &Person, gateway: &Gateway, base: &str) {
    ana.go("/organization/acme?tab=teams");
    ana.fill_in("New team", &[("name", "dev"), ("role", "member")], "Create team");
    ana.sees(&["The team dev was created."]);
    ana.browser.follow_text("Add somebody");
    ana.send_page(&[("q", "bob@example.com")], "Search");
    ana.send("", "Invite bob@example.com");
    ana.sees(&["bob@example.com is invited to the team dev."]);
    let bob = Person::new(base, ana.scripts);
    let link = gateway.link_to("bob@example.com");
    bob.browser.go(&link);
    bob.sees(&["You are invited into a team"]);
    bob.browser.follow_text("Create an account");
    let account =
        [("username", "bob"), ("email", "bob@example.com"), ("password", "battery-staple")];
    bob.send_page(&account, "Create account");
    bob.sees(&["invites you to join the team dev of the organization acme"]);
    bob.browser.follow_text("Accept");
    bob.sees(&["You are now in the team dev of acme."]);
    bob.go("/");
    bob.sees(&["acme", "You are a member"]);
    bob.browser.follow_text("acme");
    assert!(!bob.browser.text().contains("New repository"), "a member creates none");
    recovery(&bob, gateway);
}

/// Bob forgets his password, and chooses another by the link that comes.
fn recovery(bob: &Person, gateway: &Gateway) {
    bob.browser.click("details.menu summary");
    bob.browser.follow_text("Sign out");
    bob.sees(&["You are signed out."]);
    bob.browser.follow_text("Forgotten password");
    bob.send_page(&[("email", "bob@example.com")], "Send the link");
    bob.sees(&["a mail with a link is on its way"]);
    bob.browser.go(&gateway.link_to("bob@example.com"));
    bob.send_page(&[("password", "another-one")], "Set password");
    bob.sees(&["Your new password is set.", "You are signed in as bob"]);
    bob.browser.follow_text("Continue");
    bob.sees(&["acme"]);
}

/// A token that is shown once.
fn token(ana: &Person) {
    ana.sees(&["The application Dashboard was created."]);
    let button = "Create token";
    match ana.scripts {
        true => ana.browser.click_text("New token"),
        false => ana.browser.follow_text("New token"),
    }
    let form = if ana.scripts { "dialog " } else { "" };
    ana.browser.fill_or_choose(&format!("{form}[name=name]"), "reports");
    ana.browser.click(&format!("{form}input[name=scope][value='repo:read']"));
    ana.send(form, button);
    ana.sees(&["The token reports was created.", "Keep this now"]);
    let here = ana.browser.url();
    ana.browser.go(&here);
    assert!(!ana.browser.text().contains("Keep this now"), "it is shown once");
}

/// An organization that caches a registry: nothing answers there, which is told, and it can be saved for later all the same.
fn cache(ana: &Person) {
    ana.go("/");
    ana.fill_in("New organization", &[("name", "mirror")], "Create organization");
    ana.go("/organization/mirror?tab=proxycache");
    match ana.scripts {
        true => ana.browser.click_text("Cache a registry"),
        false => ana.browser.follow_text("Cache a registry"),
    }
    let form = if ana.scripts { "dialog " } else { "" };
    ana.browser.fill_or_choose(&format!("{form}[name=upstream_registry]"), "registry.invalid");
    ana.send(form, "Try it");
    let said = ana.browser.text();
    assert!(said.contains("registry.invalid") && said.len() > 40, "{said}");
    assert_eq!(ana.browser.value_of("[name=upstream_registry]"), "registry.invalid");
}

#[test]
fn everything_without_scripts() {
    everything(false);
}

#[test]
fn everything_with_scripts() {
    everything(true);
}

fn session_ends(scripts: bool) {
    let gateway = Gateway::open();
    let host = host(&gateway);
    let _ = host.client().initialize("ana");
    let ana = Person::new(host.base(), scripts);
    super::sign_in(&ana.browser, host.base(), "ana");
    ana.go("/organizations/new");
    ana.browser.type_into("#field-name", "later");
    ana.browser.forget_cookies();
    ana.send("", "Create organization");
    ana.sees(&["Your session has ended"]);
    ana.send_page(&[("username", "ana"), ("password", "password")], "Sign in");
    ana.sees(&["You are signed in as ana", "later"]);
    ana.send("", "Send it now");
    ana.sees(&["The organization later was created."]);
    // Going back and reloading repeats nothing.
    ana.browser.back();
    ana.browser.reload();
    ana.go("/organization/later");
    ana.sees(&["later"]);
}

#[test]
fn a_session_that_ends_in_the_middle_of_a_form_without_scripts() {
    session_ends(false);
}

#[test]
fn a_session_that_ends_in_the_middle_of_a_form_with_scripts() {
    session_ends(true);
}
