//! The component `registry`: what a registry behind Berth needs.

berth_api::resources!([auth::ROUTES, events::ROUTES, signing_keys::ROUTES]);
