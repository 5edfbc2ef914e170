//! The component `identity`: accounts of people, their sessions, notifications and mail.

berth_api::resources!(
    [users::ROUTES, sessions::ROUTES, notifications::ROUTES, entities::ROUTES, mails::ROUTES],
    mailer
);
