//! The component `repositories`: repositories, their tags, permissions on them, and robots.

berth_api::resources!(
    [
        permissions::ROUTES,
        autoprune::OF_REPOSITORIES,
        logs::OF_REPOSITORIES,
        default_permissions::ROUTES,
        robots::ROUTES,
        repositories::ROUTES,
        tags::ROUTES,
    ],
    distribution
);
