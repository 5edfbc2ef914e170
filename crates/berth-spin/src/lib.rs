//! The platform of `berth-web` on Spin: HTTP, SQLite, key-value store, variables.
//!
//! The only user of `spin-sdk`, so that a new major version of it is one crate's change. A component's `lib.rs` is one line:
//! [`door!`] with its route table.

pub mod outbound;
mod platform;

use berth_web::{Method, Request, Response, Route};

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
        fn door(request: ::spin_sdk::http::Request) -> ::spin_sdk::http::Response {
            #[allow(unused_mut, reason = "a component that uses nothing of it")]
            let mut outbound = ::spin_sdk::Outbound::default();
            $(outbound.$seam = Some(&::spin_sdk::outbound::$seam::Imported);)*
            ::spin_sdk::serve($routes, outbound, request)
        }
    };
}

/// Answers a request of Spin's.
#[must_use]
pub fn serve(routes: &[Route], outbound: Outbound<'_>, request: http::Request) -> http::Response {
    let request = incoming(request);
    let opened = platform::Opened::new(outbound);
    outgoing(berth_web::serve(opened.platform(), routes, &request))
}

fn incoming(request: http::Request) -> Request {
    let (path, query) = match request.uri().split_once('?') {
        Some((path, query)) => (path.to_owned(), query.to_owned()),
        None => (request.uri().to_owned(), String::new()),
    };
    let method = request.method().to_string();
    Request {
        method: Method::from_name(&method),
        is_head: method == "HEAD",
        path: path_of(&path),
        query,
        headers: request
            .headers()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.as_bytes().to_vec()))
            .collect(),
        body: request.into_body(),
    }
}

/// The path of a target that may be a whole URL.
fn path_of(target: &str) -> String {
    match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or_else(|| "/".into(), |slash| rest[slash..].into()),
        None => target.to_owned(),
    }
}

fn outgoing(response: Response) -> http::Response {
    let mut builder = http::Response::builder();
    builder.status(response.status);
    for (name, value) in response.headers {
        builder.header(name, value.as_ref());
    }
    builder.body(response.body).build()
}
