//! The resources, a folder each, named after the fixed segments of their URLs.
//!
//! A folder holds `routes.rs` (the rows of its route table), `handlers.rs` and, where there are any, `bodies.rs` and
//! `views.rs`; a large one splits its handlers by sub-resource. Its SQL is in the file of `berth-store` of the same name, its
//! tests are in `tests/` under the same name. Which component serves a resource is no matter of this crate: a component lists
//! resources.

pub mod app_tokens;
pub mod applications;
pub mod auth;
pub mod authorizations;
pub mod autoprune;
pub mod concord;
pub mod content;
pub mod default_permissions;
pub mod entities;
pub mod events;
mod html;
pub mod invitations;
pub mod logs;
pub mod mails;
pub mod members;
pub mod messages;
mod names;
pub mod notifications;
pub mod oauth;
pub mod organizations;
pub mod permissions;
pub mod proxy_cache;
pub mod quotas;
pub mod repositories;
pub mod robots;
pub mod sessions;
pub mod signing_keys;
mod success;
pub mod system;
pub mod tags;
pub mod teams;
pub mod users;

pub use berth_web::Route;

/// Makes a crate a component that serves resources: `resources!([teams::ROUTES, members::ROUTES])`. What it uses of
/// `berth:outbound` is named after them, `resources!([…], mailer)`: only then does the component import it.
#[macro_export]
macro_rules! resources {
    ([$($resource:ident :: $table:ident),+ $(,)?] $(, $outbound:ident)*) => {
        /// The route tables of the resources that this component serves.
        pub const TABLES: &[&[::berth_api::Route]] = &[$(::berth_api::$resource::$table),+];

        $crate::component!(TABLES $(, $outbound)*);
    };
}

/// Makes a crate a component that answers with something else than [`resources!`]: a [`berth_web::App`]. What it uses of `berth:outbound` is
/// named after it.
#[macro_export]
macro_rules! component {
    ($app:expr $(, $outbound:ident)*) => {
        $crate::component!(@entry $app, ::spin_sdk::Outbound {
            $($outbound: Some(&::spin_sdk::outbound::$outbound::Imported),)*
            ..::spin_sdk::Outbound::default()
        }, $crate::component!(@mail $($outbound)*));
    };
    (@mail) => { |_| () };
    (@mail mailer $($outbound:ident)*) => { ::berth_api::mails::deliver_due };
    (@mail $other:ident $($outbound:ident)*) => { $crate::component!(@mail $($outbound)*) };
    (@entry $app:expr, $outbound:expr, $deliver_mail:expr) => {
        #[cfg(target_family = "wasm")]
        extern crate berth_spin as spin_sdk;

        #[cfg(target_family = "wasm")]
        #[::spin_sdk::http_component]
        async fn entry(
            request: ::spin_sdk::http::IncomingRequest,
            response: ::spin_sdk::http::ResponseOutparam,
        ) {
            ::spin_sdk::serve($app, $outbound, $deliver_mail, request, response);
        }
    };
}

/// A resource: a folder of this crate.
#[derive(Clone, Copy)]
pub struct Resource {
    /// The folder.
    pub name: &'static str,
    /// Its route tables: more than one where several components serve parts of it.
    pub tables: &'static [&'static [Route]],
}

impl Resource {
    /// Its rows.
    pub fn rows(self) -> impl Iterator<Item = &'static Route> {
        self.tables.iter().flat_map(|table| table.iter())
    }
}

/// All resources, for tests and documentation.
pub const RESOURCES: &[Resource] = &[
    Resource { name: "app_tokens", tables: &[app_tokens::ROUTES] },
    Resource { name: "applications", tables: &[applications::ROUTES] },
    Resource { name: "auth", tables: &[auth::ROUTES] },
    Resource { name: "authorizations", tables: &[authorizations::ROUTES] },
    Resource { name: "autoprune", tables: &[autoprune::OF_NAMESPACES, autoprune::OF_REPOSITORIES] },
    Resource { name: "concord", tables: &[concord::ROUTES] },
    Resource { name: "content", tables: &[content::ROUTES] },
    Resource { name: "default_permissions", tables: &[default_permissions::ROUTES] },
    Resource { name: "entities", tables: &[entities::ROUTES] },
    Resource { name: "events", tables: &[events::ROUTES] },
    Resource { name: "invitations", tables: &[invitations::ROUTES] },
    Resource { name: "logs", tables: &[logs::ROUTES, logs::EXPORTS, logs::OF_REPOSITORIES] },
    Resource { name: "mails", tables: &[mails::ROUTES] },
    Resource { name: "members", tables: &[members::ROUTES] },
    Resource { name: "messages", tables: &[messages::ROUTES] },
    Resource { name: "notifications", tables: &[notifications::ROUTES] },
    Resource { name: "oauth", tables: &[oauth::ROUTES] },
    Resource { name: "organizations", tables: &[organizations::ROUTES] },
    Resource { name: "permissions", tables: &[permissions::ROUTES] },
    Resource { name: "proxy_cache", tables: &[proxy_cache::ROUTES] },
    Resource { name: "quotas", tables: &[quotas::ROUTES] },
    Resource { name: "repositories", tables: &[repositories::ROUTES] },
    Resource { name: "robots", tables: &[robots::ROUTES] },
    Resource { name: "sessions", tables: &[sessions::ROUTES] },
    Resource { name: "signing_keys", tables: &[signing_keys::ROUTES] },
    Resource { name: "system", tables: &[system::ROUTES] },
    Resource { name: "tags", tables: &[tags::ROUTES] },
    Resource { name: "teams", tables: &[teams::ROUTES] },
    Resource { name: "users", tables: &[users::ROUTES] },
];
