//! What the component exports.
#![allow(unsafe_code, reason = "generated")]

use crate::bindings::exports::berth::outbound::mailer::Guest;
use crate::{Gateway, Message, Post, bindings, verdict, wire};

struct Mailer;

impl Guest for Mailer {
    fn deliver(gateway: Gateway, message: Message) -> Result<(), String> {
        verdict(wire::send(&Post::new(&gateway, &message)?)?)
    }
}

bindings::export!(Mailer with_types_in bindings);
