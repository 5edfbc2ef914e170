//! The component `applications`: OAuth applications, the authorizations that users gave them, and the OAuth flows.

berth_api::resources!([applications::ROUTES, authorizations::ROUTES, oauth::ROUTES]);
