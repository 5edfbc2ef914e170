//! The component `registry`: what a registry behind Berth needs.

berth_api::resources!([auth::ROUTES, signing_keys::ROUTES]);
