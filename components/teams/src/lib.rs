//! The component `teams`: teams, members and invitations.

berth_api::resources!([teams::ROUTES, members::ROUTES, invitations::ROUTES], mailer);
