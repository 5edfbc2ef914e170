//! The exports of the component.
#![allow(unsafe_code, reason = "generated")]

use berth_http_client::{Client, Error};

use crate::bindings::exports::berth::outbound::mailer::Guest;
use crate::{Gateway, Message, bindings, request, verdict};

struct Mailer;

impl Guest for Mailer {
    fn deliver(gateway: Gateway, message: Message) -> Result<(), String> {
        // Of what the gateway says only the status counts.
        let response = Client::default().send(&request(&gateway, &message)?, 0);
        verdict(response.map_err(|error| in_words(&error))?.status())
    }
}

fn in_words(error: &Error) -> String {
    match error {
        Error::TimedOut => "no answer in 10 seconds".into(),
        Error::InvalidRequest => "the host refuses the gateway's address".into(),
        Error::Closed | Error::BodyTooLarge => "the gateway hung up".into(),
        Error::Http(code) => format!("the gateway is not reached: {code:?}"),
    }
}

bindings::export!(Mailer with_types_in bindings);
