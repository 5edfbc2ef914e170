//! The component `content`: what streams. What clients of a registry read through Berth, and what the registry tells, which may be as long
//! as it likes. It looks names up by `berth:outbound/registry`, and calls registries itself.

berth_api::resources!([content::ROUTES, events::ROUTES], registry, streaming);
