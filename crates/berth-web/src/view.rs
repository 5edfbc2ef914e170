//! Answers that several components show; what only one shows stays in that component.

mod organization;
mod quota;

pub use organization::{OrganizationView, TeamView};
pub use quota::{QuotaFields, Quotas};
