//! The component `content`: what clients of a registry read through Berth. It looks names up by `berth:outbound/registry`, and calls
//! registries itself.

berth_api::resources!([content::ROUTES], registry, streaming);
