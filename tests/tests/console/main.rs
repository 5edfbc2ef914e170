//! The console in a real Chromium: what people do, without scripts and with them; how every page looks; whether everybody can use it.
#![cfg(feature = "end-to-end")]

mod gateway;
mod looks;
mod story;
mod validity;

use std::sync::Arc;

use berth_test::App;
use berth_tests::{Browser, Host, HostOptions};

/// A host that serves what an installation of the native tests holds.
fn host_of(app: &App) -> Host {
    let state = Host::new_state();
    app.save_database(&state.path().join("sqlite_db.db"));
    app.settings()
        .iter()
        .fold(Host::options().state(Arc::clone(&state)), |host: HostOptions, (name, value)| {
            host.variable(name, value)
        })
        .start()
}

/// Signs somebody in, whose password is `password`, with clicks and keys.
fn sign_in(browser: &Browser, base: &str, name: &str) {
    browser.go(&format!("{base}/signin"));
    browser.type_into("#field-username", name);
    browser.type_into("#field-password", "password");
    browser.follow("form.fields button");
}
