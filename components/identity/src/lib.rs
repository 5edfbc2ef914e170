//! The component `identity`: accounts of people, their sessions, notifications, app-specific tokens and mail.

berth_api::resources!(
    [
        users::ROUTES,
        sessions::ROUTES,
        notifications::ROUTES,
        app_tokens::ROUTES,
        entities::ROUTES,
        mails::ROUTES,
    ],
    mailer
);
