//! The platform of `berth-web` on Spin: HTTP, SQLite, key-value store, variables. With the feature `hrana` a libSQL server takes
//! the place of the host's SQLite.
//!
//! The only user of `spin-sdk`, so that a new major version of it is one crate's change. A component's `lib.rs` is one line,
//! `berth_api::resources!`, which expands to a call of [`serve`].

mod exchange;
#[cfg(feature = "hrana")]
mod hrana;
pub mod outbound;
mod platform;
#[cfg(not(feature = "hrana"))]
mod sqlite;

use berth_web::{App, Method, Outcome, Services};
use spin_sdk::http::{IncomingRequest, ResponseOutparam};

pub use berth_web::Outbound;

// The attribute macro of the SDK names the SDK by its own name; `resources!` gives this crate that name in the component.
#[doc(hidden)]
pub use spin_sdk::{http, http_component, wit_bindgen};

/// Answers a request of Spin's. The answer is sent before what is left to do is done.
pub fn serve(
    app: &(impl App + ?Sized),
    outbound: Outbound<'_>,
    deliver_mail: fn(&Services<'_>),
    incoming: IncomingRequest,
    out: ResponseOutparam,
) {
    let spin = platform::SpinPlatform::new(outbound);
    let mut request = match exchange::head(&incoming) {
        Ok(request) => request,
        Err(error) => return exchange::send(error.into_response(""), None, false, out),
    };
    let is_head = *request.method() == Method::HEAD;
    match exchange::body(&incoming, &request, || app.body_limit(&request)) {
        Ok(body) => {
            *request.body_mut() = body;
            let Outcome { response, deferred } = app.answer(spin.platform(), request);
            let mut rest = || deferred.next_part();
            let rest: Option<exchange::Rest<'_>> = match deferred.has_more_body() {
                true => Some(&mut rest),
                false => None,
            };
            exchange::send(response, rest, is_head, out);
            deferred.run(deliver_mail);
        }
        Err(error) => {
            let refusal = berth_web::refuse(spin.platform(), &request, error);
            exchange::send(refusal, None, is_head, out);
        }
    }
}
