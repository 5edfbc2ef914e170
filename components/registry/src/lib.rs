//! The component `registry`: what a registry behind Berth needs.

berth_api::resources!([signing_keys::ROUTES]);
