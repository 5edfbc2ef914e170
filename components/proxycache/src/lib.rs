//! The component `proxycache`: what calls servers that clients name. Which upstream registry an organization caches, and exports of
//! logs, of which an address may be told.

berth_api::resources!([proxy_cache::ROUTES, logs::EXPORTS], registry, callback, mailer);
