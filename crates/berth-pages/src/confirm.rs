//! Asking before something is removed: what goes, and for the largest things its name typed.

use berth_web::StatusCode;
use maud::{Markup, html};

use crate::Answered;
use crate::form::form;
use crate::layout::Crumb;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// A question before an act that cannot be undone.
pub(crate) struct Confirm<'a> {
    /// What is asked: "Delete the robot acme+ci?"
    pub(crate) title: &'a str,
    /// What goes, and what stays.
    pub(crate) text: Markup,
    /// What the button says.
    pub(crate) button: &'a str,
    /// Where it leads when somebody would rather not.
    pub(crate) back: &'a str,
    /// What has to be typed first, if anything.
    pub(crate) typed: Option<&'a str>,
}

/// The field in which the name is typed.
pub(crate) const TYPED: &str = "name";

/// The page that asks. Its form posts to the address of the page.
pub(crate) fn ask(visit: &Visit<'_>, above: &[Crumb<'_>], confirm: &Confirm<'_>) -> Answered {
    let t = visit.texts;
    let label = confirm.typed.map(|typed| t.type_name.replace("{}", typed));
    let content = html! {
        div { (confirm.text) }
        @if let (Some(typed), Some(label)) = (confirm.typed, &label) {
            (visit.text_field(TYPED, label).required().equals(typed))
        }
    };
    let buttons = html! {
        button.first.alarm type="submit" { (confirm.button) }
        a.button href=(confirm.back) data-cancel { (t.cancel) }
    };
    let action = visit.here();
    let content = form(visit, &action, &content, &buttons);
    Ok(visit.form_page(confirm.title, above, content))
}

/// Whether the name was typed that the page asked for.
///
/// # Errors
/// The refusal to show beside the field [`TYPED`].
pub(crate) fn require_typed(visit: &Visit<'_>, name: &str) -> Result<(), Refusal> {
    match visit.exact_field(TYPED).trim() == name {
        true => Ok(()),
        false => Err(Refusal::new(StatusCode::BAD_REQUEST, visit.texts.typed_differs)),
    }
}
