//! The ways in which a value from outside can break a rule of the domain.

use std::fmt;

use crate::name::NAMESPACE_PATTERN;

/// A value that breaks a rule of the domain. `Display` is the message of the contract (`docs/contract/quay.md` 0.8, 1.1, 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// The name of a user or an organization does not match [`NAMESPACE_PATTERN`].
    NamespacePattern(String),
    /// The name of a user or an organization is shorter than 2 or longer than 255 characters.
    NamespaceLength(String),
    /// The name of a team does not match [`NAMESPACE_PATTERN`].
    TeamPattern(String),
    /// The name of a team is shorter than 2 or longer than 255 characters.
    TeamLength(String),
    /// The short name of a robot does not match [`NAMESPACE_PATTERN`].
    RobotPattern(String),
    /// The short name of a robot is shorter than 2 or longer than 255 characters.
    RobotLength(String),
    /// The name of a repository does not match the pattern of repositories.
    RepositoryName,
    /// Not an e-mail address.
    Email,
    /// Not an e-mail address, where the message names it.
    EmailAddress(String),
    /// No password: too short, or with white space.
    Password,
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NamespacePattern(name) => {
                write!(
                    formatter,
                    "Invalid namespace {name}: Namespace must match expression {NAMESPACE_PATTERN}"
                )
            }
            Self::NamespaceLength(name) => write!(
                formatter,
                "Invalid namespace {name}: Namespace must be between 2 and 255 characters in length"
            ),
            Self::TeamPattern(name) => {
                write!(
                    formatter,
                    "Invalid team name {name}: Namespace must match expression {NAMESPACE_PATTERN}"
                )
            }
            Self::TeamLength(name) => write!(
                formatter,
                "Invalid team name {name}: Team must be between 2 and 255 characters in length"
            ),
            Self::RobotPattern(name) => write!(
                formatter,
                "The name for the robot '{name}' is invalid: Namespace must match expression {NAMESPACE_PATTERN}"
            ),
            Self::RobotLength(name) => write!(
                formatter,
                "The name for the robot '{name}' is invalid: Namespace must be between 2 and 255 characters in length"
            ),
            Self::RepositoryName => formatter.write_str("Invalid repository name"),
            Self::Password => formatter.write_str(
                "Invalid password, password must be at least 8 characters and contain no whitespace.",
            ),
            Self::EmailAddress(text) => write!(formatter, "Invalid email address: {text}"),
            Self::Email => formatter.write_str("Invalid email address"),
        }
    }
}

impl std::error::Error for Invalid {}
