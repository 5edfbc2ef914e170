//! The component `console`: pages for people. They call the API's route tables in this process, and so use what those use.

berth_api::component!(&berth_pages::Console, mailer, registry, distribution);
