//! The component `proxycache`: which upstream registry an organization caches.

berth_api::resources!([proxy_cache::ROUTES], registry);
