//! Mail, as the component that is plugged in delivers it.

use berth_web::outbound::mailer::{Gateway, Mailer, Message};

use bindings::berth::outbound::mailer as wit;

#[allow(unsafe_code, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "mailer-user" });
}

/// The dependency `berth:outbound/mailer` of `spin.toml`.
pub struct Imported;

impl Mailer for Imported {
    fn deliver(&self, gateway: &Gateway, message: &Message<'_>) -> Result<(), String> {
        wit::deliver(
            &wit::Gateway { url: gateway.url.clone(), token: gateway.token.clone() },
            &wit::Message {
                id: message.id.to_owned(),
                from: message.from.to_owned(),
                to: message.to.to_owned(),
                subject: message.subject.to_owned(),
                text: message.text.to_owned(),
                html: message.html.to_owned(),
            },
        )
    }
}
