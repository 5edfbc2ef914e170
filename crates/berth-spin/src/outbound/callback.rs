//! Addresses that callers name, as the component that is plugged in calls them.

use berth_web::outbound::callback::{Callback, Destination};

use bindings::berth::outbound::callback as wit;

#[allow(unsafe_code, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "callback-user" });
}

/// The dependency `berth:outbound/callback` of `spin.toml`.
pub struct Imported;

impl Callback for Imported {
    fn post(&self, to: &Destination, body: &str) -> Result<u16, String> {
        let destination = wit::Destination {
            url: to.url.clone(),
            allowed: to.allowed.clone(),
            without_look_up: to.without_look_up.clone(),
            host_blocks: to.host_blocks,
        };
        wit::post(&destination, body)
    }
}
