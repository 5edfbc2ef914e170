//! The console: pages for people, made on the server, complete without JavaScript.
//!
//! It is a client of the API in the same process. A page calls the route tables of `berth-api` with the visitor's own credentials, so it can do
//! nothing that the API does not allow, and has no rules of its own and no SQL. What a visitor changes is a POST that redirects to a page;
//! what the API refuses is told on the form that was sent, with what was typed.
//!
//! Entry first: [`Console`], then [`routes`](routes::PAGES), then a folder or a file for each page.

mod account;
mod api;
mod confirm;
mod credentials;
mod explanation;
mod flash;
mod form;
mod layout;
mod list;
mod log;
mod notifications;
mod organization;
mod page;
mod parts;
mod permission;
mod redirect;
mod refusal;
mod repository;
mod robots;
mod routes;
mod sign_in;
mod superuser;
mod tables;
mod texts;
mod visit;

mod home;

use berth_html::asset;
use berth_web::{ApiError, App, Outcome, Platform, Request, Services, refuse};
use refusal::Answered;
use visit::Visit;

pub use page::Page;
pub use routes::pages;
pub use tables::{SETTINGS, TABLES};

/// The console, for a component.
pub struct Console;

impl App for Console {
    /// Answers a request for a page, or for a file that pages load.
    fn answer<'a>(&self, platform: Platform<'a>, request: Request) -> Outcome<'a> {
        // What pages load is the same for everybody: nothing is read for it.
        if let Some(asset) = asset(request.uri().path()) {
            return berth_web::answered(Services::new(platform), asset.response());
        }
        let visit = match Visit::new(platform, &request, routes::answer) {
            Ok(visit) => visit,
            Err(error) => {
                let response = refuse(platform, &request, error);
                return berth_web::answered(Services::new(platform), response);
            }
        };
        let response = routes::answer(&visit)
            .unwrap_or_else(|| refuse(platform, &request, ApiError::plain_not_found()));
        visit.finish(response)
    }
}
