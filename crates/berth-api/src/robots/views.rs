//! Robots as answers show them.

use berth_domain::secret::{Purpose, SecretKeys};
use berth_store::robots::{Robot, RobotLine};
use berth_web::{ApiError, Members};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::members::views::NamedTeam;

/// A robot (`docs/contract/quay.md` 6.3).
#[derive(JsonSchema, Serialize)]
pub(crate) struct RobotView {
    name: String,
    created: String,
    last_accessed: Option<String>,
    /// For administrators who ask for `permissions` of a list, as `repositories`.
    #[serde(skip_serializing_if = "Option::is_none")]
    teams: Option<Vec<NamedTeam>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repositories: Option<Vec<String>>,
    description: String,
    /// For administrators; null where its key is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Option<String>>,
    /// The client's own data; null where a robot was made without.
    #[serde(skip_serializing_if = "Option::is_none")]
    unstructured_metadata: Option<Option<Members>>,
}

impl RobotView {
    /// The robot without token, metadata, teams and repositories.
    pub(crate) fn new(robot: &Robot) -> Self {
        Self {
            name: robot.name.clone(),
            created: robot.created_at.to_rfc2822(),
            last_accessed: robot.last_accessed.map(berth_domain::Timestamp::to_rfc2822),
            teams: None,
            repositories: None,
            description: robot.description.clone(),
            token: None,
            unstructured_metadata: None,
        }
    }

    /// A robot of a list: with its token where there are keys to open it.
    pub(crate) fn of_line(line: &RobotLine, keys: Option<&SecretKeys>) -> Self {
        let mut view = Self::new(&line.robot);
        if let Some((teams, repositories)) = &line.places {
            // Both are arrays of names that SQLite just made.
            let teams: Vec<String> = serde_json::from_str(teams).unwrap_or_default();
            view.teams = Some(teams.into_iter().map(NamedTeam::from).collect());
            view.repositories = Some(serde_json::from_str(repositories).unwrap_or_default());
        }
        match keys {
            Some(keys) => view.with_sealed_token(&line.robot, keys),
            None => view,
        }
    }

    /// The same with the token.
    pub(crate) fn with_token(mut self, token: String) -> Self {
        self.token = Some(Some(token));
        self
    }

    /// The same with the token that is stored: null where it does not open because its key is lost. Then an administrator
    /// can still have another made.
    pub(crate) fn with_sealed_token(mut self, robot: &Robot, keys: &SecretKeys) -> Self {
        let opened = keys.open(Purpose::RobotToken, &robot.sealed_token);
        if let Err(error) = &opened {
            eprintln!("error: token of the robot {}: {error}", robot.name);
        }
        self.token = Some(opened.ok().map(|opened| opened.text));
        self
    }

    /// The same with the client's own data, or null.
    pub(crate) fn with_metadata(mut self, metadata: Option<Members>) -> Self {
        self.unstructured_metadata = Some(metadata);
        self
    }

    /// The same with the client's own data as it is stored.
    pub(crate) fn with_stored_metadata(self, robot: &Robot) -> Result<Self, ApiError> {
        Ok(self.with_metadata(Some(stored(&robot.metadata)?)))
    }
}

berth_web::lists! {
    /// The robots of a namespace.
    pub(crate) struct Robots { robots: Vec<RobotView> }
}

/// A subject of an identity provider, with whose tokens a robot may be used.
#[derive(Clone, JsonSchema, Serialize, Deserialize)]
pub(crate) struct FederationEntry {
    pub(super) issuer: String,
    pub(super) subject: String,
}

/// JSON that the database holds.
pub(crate) fn stored<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| {
        ApiError::Internal(format!("a column of `robot` does not hold the JSON it should: {error}"))
    })
}
