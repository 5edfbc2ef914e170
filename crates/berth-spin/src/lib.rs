//! The platform of `berth-web` on Spin: HTTP, SQLite, key-value store, variables.
//!
//! The only user of `spin-sdk`, so that a new major version of it is one crate's change. A component's `lib.rs` is one line:
//! [`door!`] with its route table.

mod exchange;
pub mod outbound;
mod platform;

use berth_web::{Route, Served};
use spin_sdk::http::{IncomingRequest, ResponseOutparam};

pub use berth_web::Outbound;

// The attribute macro of the SDK names the SDK by its own name; `door!` gives this crate that name in the component.
#[doc(hidden)]
pub use spin_sdk::{http, http_component, wit_bindgen};

/// Makes the crate a component that serves a route table: `door!(ROUTES)`. What it uses of `berth:outbound` is named after
/// the table, `door!(ROUTES, registry)`: only then does the component import it.
#[macro_export]
macro_rules! door {
    ($routes:expr $(, $seam:ident)*) => {
        extern crate berth_spin as spin_sdk;

        #[::spin_sdk::http_component]
        async fn door(
            request: ::spin_sdk::http::IncomingRequest,
            response: ::spin_sdk::http::ResponseOutparam,
        ) {
            #[allow(unused_mut, reason = "a component that uses nothing of it")]
            let mut outbound = ::spin_sdk::Outbound::default();
            $(outbound.$seam = Some(&::spin_sdk::outbound::$seam::Imported);)*
            ::spin_sdk::serve($routes, outbound, request, response).await
        }
    };
}

/// Answers a request of Spin's. The answer is sent before what is left to do is done.
pub async fn serve(
    routes: &[Route],
    outbound: Outbound<'_>,
    incoming: IncomingRequest,
    out: ResponseOutparam,
) {
    let opened = platform::Opened::new(outbound);
    let mut request = exchange::head(&incoming);
    match exchange::body(&incoming) {
        Ok(body) => {
            request.body = body;
            let Served { response, afterwards } =
                berth_web::serve(opened.platform(), routes, request);
            exchange::send(response, out).await;
            afterwards.run();
        }
        Err(error) => {
            exchange::send(berth_web::refuse(opened.platform(), &request, error), out).await;
        }
    }
}
