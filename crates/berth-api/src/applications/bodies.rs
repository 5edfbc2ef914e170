//! Bodies about applications and their tokens (`docs/contract/quay.md` 2.1 to 2.4).

use berth_domain::limits::{APPLICATION_NAME_BYTES, APPLICATION_URI_BYTES};
use berth_store::applications::ApplicationFields;
use berth_web::{ApiError, Json, Members};
use serde_json::{Map, Number, Value};

/// A name that Quay keeps for itself.
const RESERVED_NAME: &str = "__quay_bootstrap_app";

/// Description of a new organization application.
///
/// `POST …/applications`.
#[derive(Json)]
pub(crate) struct NewApp {
    /// The name of the application
    name: String,
    /// The URI for the application's OAuth redirect
    redirect_uri: Option<String>,
    /// The URI for the application's homepage
    application_uri: Option<String>,
    /// The human-readable description for the application
    description: Option<String>,
    /// The e-mail address of the avatar to use for the application
    avatar_email: Option<String>,
    /// All that was said: the log repeats it.
    #[json(sent)]
    sent: Members,
}

/// Description of an updated application.
///
/// `PUT …/applications/<client_id>`: what is left out is reset.
#[derive(Json)]
pub(crate) struct UpdateApp {
    /// The name of the application
    name: String,
    /// The URI for the application's OAuth redirect
    redirect_uri: String,
    /// The URI for the application's homepage
    application_uri: String,
    /// The human-readable description for the application
    description: Option<String>,
    /// The e-mail address of the avatar to use for the application
    avatar_email: Option<String>,
    /// All that was said: the log repeats it.
    #[json(sent)]
    sent: Members,
}

impl From<UpdateApp> for NewApp {
    fn from(update: UpdateApp) -> Self {
        Self {
            name: update.name,
            redirect_uri: Some(update.redirect_uri),
            application_uri: Some(update.application_uri),
            description: update.description,
            avatar_email: update.avatar_email,
            sent: update.sent,
        }
    }
}

impl NewApp {
    pub(super) fn values(&self) -> ApplicationFields<'_> {
        ApplicationFields {
            name: &self.name,
            description: self.description.as_deref().unwrap_or_default(),
            application_uri: self.application_uri.as_deref().unwrap_or_default(),
            redirect_uri: self.redirect_uri.as_deref().unwrap_or_default(),
            avatar_email: self.avatar_email.as_deref(),
        }
    }

    /// Refuses the reserved name, and what lists could not show whole.
    ///
    /// # Errors
    /// 400 that says which.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        if self.name == RESERVED_NAME {
            return Err(ApiError::invalid_request(
                "Application name is reserved for bootstrap token provisioning",
            ));
        }
        let values = self.values();
        let longest = [
            ("name", values.name, APPLICATION_NAME_BYTES),
            ("application_uri", values.application_uri, APPLICATION_URI_BYTES),
            ("redirect_uri", values.redirect_uri, APPLICATION_URI_BYTES),
            ("avatar_email", values.avatar_email.unwrap_or_default(), APPLICATION_NAME_BYTES),
        ];
        let too_long = longest.into_iter().find(|(_, text, longest)| {
            i64::try_from(text.len()).is_ok_and(|length| length > *longest)
        });
        match too_long {
            Some((name, _, longest)) => {
                Err(ApiError::invalid_request(format!("'{name}' is longer than {longest} bytes")))
            }
            None => Ok(()),
        }
    }

    /// The body as sent, but for the secret: clients that change what they read before send it back.
    pub(super) fn metadata(&self, client_id: &str) -> Map<String, Value> {
        let mut metadata = self.sent.clone();
        metadata.shift_remove("client_secret");
        metadata.insert("application_name".into(), self.name.as_str().into());
        metadata.insert("client_id".into(), client_id.into());
        metadata
    }
}

/// Description of a new token of an application.
///
/// `POST …/tokens`.
#[derive(Json)]
#[json(name = "NewOAuthToken")]
pub(crate) struct NewApiToken {
    /// What the token is called in lists
    #[json(length(1, 255))]
    pub(super) name: String,
    /// Its scopes, separated by spaces or commas
    pub(super) scope: String,
    /// How long it lives, in seconds; ten years when left out, and at most
    #[json(minimum = 1)]
    pub(super) expiration: Option<Number>,
}
