//! The component `system`: the installation as a whole, and the JSON 404 for every path that no other component serves.

berth_api::resources!([system::ROUTES, messages::ROUTES, logs::ROUTES]);
