//! What clients of a registry ask for.

use berth_access::{Facts, Grant, Public};
use berth_domain::{Namespace, Repository, RepositoryRole, TeamRole};
use serde_json::json;

use crate::access::{namespace_columns, repository_columns};
use crate::db::{Database, FromRow, Query, StoreError};
use crate::params;
use crate::quotas::quota_json;

/// A repository that a client asks for, as the database has it.
#[derive(Debug, FromRow)]
pub struct AskedRow {
    /// Whether the namespace may be used; true where there is none.
    enabled: bool,
    is_proxy_cache: bool,
    #[row(nested)]
    namespace: Option<Namespace>,
    team_role: Option<TeamRole>,
    #[row(nested)]
    repository: Option<Repository>,
    repository_role: Option<RepositoryRole>,
}

/// A repository that a client asks for.
#[derive(Debug)]
pub struct Asked {
    /// What the policy decides by.
    pub facts: Facts,
    /// Whether the namespace, if there is one, may not be used.
    pub is_disabled: bool,
}

/// What is known of repositories, each by its namespace and its name, in this order. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn asked(
    db: &dyn Database,
    grant: &Grant<Public>,
    names: &[(&str, &str)],
) -> Result<Vec<Asked>, StoreError> {
    let rows: Vec<AskedRow> = db.all(
        concat!(
            "SELECT coalesce(n.enabled, 1) AS enabled,
                EXISTS (SELECT 1 FROM proxy_cache_config p WHERE p.organization_id = n.id)
                    AS is_proxy_cache",
            namespace_columns!(),
            repository_columns!(),
            " FROM json_each(?2) asked
            LEFT JOIN account c ON c.id = ?1
            LEFT JOIN account n ON n.kind <> 'robot' AND n.id = (SELECT id FROM account
                WHERE name = asked.value ->> 0 AND name = (asked.value ->> 0) COLLATE BINARY)
            LEFT JOIN repository r ON r.namespace_id = n.id AND r.name = asked.value ->> 1
            ORDER BY asked.key"
        ),
        params![grant.caller_id(), json!(names).to_string()],
    )?;
    Ok(rows.into_iter().map(AskedRow::asked).collect())
}

impl AskedRow {
    fn asked(self) -> Asked {
        let facts = Facts {
            namespace: self.namespace,
            team_role: self.team_role,
            repository: self.repository,
            repository_role: self.repository_role,
            is_proxy_cache: self.is_proxy_cache,
            ..Facts::default()
        };
        Asked { facts, is_disabled: !self.enabled }
    }
}
