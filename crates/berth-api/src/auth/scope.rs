//! Scopes: what a client asks for (`docs/contract/registry.md` A.4, Distribution's token specification).

use berth_domain::is_registry_component;
use berth_web::registry::error;
use berth_web::{ApiError, StatusCode};

/// The most characters of a repository with its namespace, a registry's limit.
const LONGEST_NAME: usize = 255;

/// What can be asked for of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Writing.
    Push,
    /// Reading.
    Pull,
    /// Everything.
    All,
    /// Deleting tags and manifests. Quay does not know it, and registries ask for it.
    Delete,
}

impl Action {
    /// In the order in which they are granted.
    pub(crate) const EACH: [Self; 4] = [Self::Push, Self::Pull, Self::All, Self::Delete];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Pull => "pull",
            Self::All => "*",
            Self::Delete => "delete",
        }
    }

    fn of(text: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|action| action.as_str() == text)
    }
}

/// What the settings say of names.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The name of this registry, which may begin a repository's.
    pub(crate) hostname: String,
    /// The namespace of a repository that names none.
    pub(crate) library: String,
    /// Whether the names of repositories may have slashes.
    pub(crate) nested: bool,
}

/// A repository, and what is asked for of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Its name as it was asked for.
    pub(crate) asked: String,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name in the namespace.
    pub(crate) repository: String,
    /// What is asked for.
    pub(crate) actions: Vec<Action>,
}

impl Scope {
    /// Reads a scope; none is empty.
    ///
    /// # Errors
    /// 400 `INVALID_REQUEST` for what is no scope of a repository, 400 `NAME_INVALID` for a name that no repository has.
    pub(crate) fn parse(text: &str, rules: &Rules) -> Result<Self, ApiError> {
        let read = read(text, &rules.hostname).ok_or_else(|| {
            let message = format!("Unable to decode repository and actions: {text}");
            error(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
        });
        let (asked, name, actions) = read?;
        let (namespace, repository) = name.split_once('/').unwrap_or((&rules.library, name));
        require_name(namespace, repository, rules)?;
        Ok(Self {
            asked: asked.to_owned(),
            namespace: namespace.to_owned(),
            repository: repository.to_owned(),
            actions,
        })
    }

    /// Whether both are about the same repository, whatever they call it.
    pub(crate) fn is_about_that_of(&self, other: &Self) -> bool {
        (&self.namespace, &self.repository) == (&other.namespace, &other.repository)
    }

    pub(crate) fn asks_for(&self, action: Action) -> bool {
        self.actions.contains(&action)
    }
}

/// The name as it was asked for, the name without the registry's, and the actions.
fn read<'a>(text: &'a str, hostname: &str) -> Option<(&'a str, &'a str, Vec<Action>)> {
    let (asked, actions) = text.strip_prefix("repository:")?.rsplit_once(':')?;
    let actions = actions.split(',').map(Action::of).collect::<Option<Vec<_>>>()?;
    let inner = asked.strip_prefix(hostname).and_then(|rest| rest.strip_prefix('/'));
    let name = inner.unwrap_or(asked);
    let is_component = |component: &str| {
        let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !component.is_empty() && component.bytes().all(may_be)
    };
    name.split('/').all(is_component).then_some((asked, name, actions))
}

/// A registry has to be able to hold it. Quay's own rule is wider (`a-`, `a..b`), which no registry takes.
fn require_name(namespace: &str, repository: &str, rules: &Rules) -> Result<(), ApiError> {
    let is_short = namespace.len() + 1 + repository.len() <= LONGEST_NAME;
    let text = if repository.contains('/') && !rules.nested {
        "Nested repositories are not supported. Found"
    } else if is_short && repository.split('/').all(is_registry_component) {
        return Ok(());
    } else {
        "Invalid repository name"
    };
    let message = format!("{text}: {namespace}/{repository}");
    Err(error(StatusCode::BAD_REQUEST, "NAME_INVALID", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules { hostname: "berth.test:5000".into(), library: "library".into(), nested: true }
    }

    fn parsed(text: &str) -> Option<(String, String, Vec<&'static str>)> {
        let scope = Scope::parse(text, &rules()).ok()?;
        let actions = scope.actions.iter().map(|action| action.as_str()).collect();
        Some((scope.namespace, scope.repository, actions))
    }

    #[test]
    fn what_is_a_scope() {
        let read = |namespace: &str, repository: &str, actions: &[&'static str]| {
            Some((namespace.to_owned(), repository.to_owned(), actions.to_vec()))
        };
        assert_eq!(parsed("repository:acme/app:pull"), read("acme", "app", &["pull"]));
        assert_eq!(parsed("repository:acme/a/b:push,*"), read("acme", "a/b", &["push", "*"]));
        assert_eq!(parsed("repository:ubuntu:pull"), read("library", "ubuntu", &["pull"]));
        let of_host = parsed("repository:berth.test:5000/acme/app:delete");
        assert_eq!(of_host, read("acme", "app", &["delete"]));
        for text in [
            "some_invalid_scope",
            "registry:catalog:*",
            "repository(plugin):acme/app:pull",
            "repository:acme/app:",
            "repository:acme/app",
            "repository:acme/app:pull,",
            "repository:acme/app:pull repository:acme/b:pull",
            "repository:other:5000/acme/app:pull",
            "repository:acme//app:pull",
            "repository::pull",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
