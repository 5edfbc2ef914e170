//! The component `content`: what clients of a registry read through Berth.

berth_api::resources!([content::ROUTES], streaming);
