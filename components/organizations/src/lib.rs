//! The component `organizations`: organizations through Quay's API and Concord's, quotas and auto-prune policies.

berth_api::resources!([
    organizations::ROUTES,
    concord::ROUTES,
    quotas::ROUTES,
    autoprune::OF_NAMESPACES
]);
