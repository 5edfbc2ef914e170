//! The ways in which a value from outside can break a rule of the domain.

use thiserror::Error;

/// The pattern of namespaces, teams and robot short names, as the contract's messages print it.
pub const NAMESPACE_PATTERN: &str = "^([a-z0-9]+(?:[._-][a-z0-9]+)*)$";

/// A value that breaks a rule of the domain. `Display` is the message of the contract (`docs/contract/quay.md` 0.8, 1.1, 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Invalid {
    /// The name of a user or an organization does not match [`NAMESPACE_PATTERN`].
    #[error("Invalid namespace {0}: Namespace must match expression {NAMESPACE_PATTERN}")]
    NamespacePattern(String),
    /// The name of a user or an organization is shorter than 2 or longer than 255 characters.
    #[error("Invalid namespace {0}: Namespace must be between 2 and 255 characters in length")]
    NamespaceLength(String),
    /// The name of a team does not match [`NAMESPACE_PATTERN`].
    #[error("Invalid team name {0}: Namespace must match expression {NAMESPACE_PATTERN}")]
    TeamPattern(String),
    /// The name of a team is shorter than 2 or longer than 255 characters.
    #[error("Invalid team name {0}: Team must be between 2 and 255 characters in length")]
    TeamLength(String),
    /// The short name of a robot does not match [`NAMESPACE_PATTERN`].
    #[error(
        "The name for the robot '{0}' is invalid: Namespace must match expression {NAMESPACE_PATTERN}"
    )]
    RobotPattern(String),
    /// The short name of a robot is shorter than 2 or longer than 255 characters.
    #[error(
        "The name for the robot '{0}' is invalid: Namespace must be between 2 and 255 characters in length"
    )]
    RobotLength(String),
    /// The name of a repository does not match the pattern of repositories.
    #[error("Invalid repository name")]
    RepositoryName,
    /// Not an e-mail address.
    #[error("Invalid email address")]
    Email,
    /// Not an e-mail address, where the message names it.
    #[error("Invalid email address: {0}")]
    EmailAddress(String),
    /// No password: too short, or with white space.
    #[error("Invalid password, password must be at least 8 characters and contain no whitespace.")]
    Password,
}
