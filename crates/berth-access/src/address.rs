//! What a request addresses, and the paths that name it.
//!
//! The parameters of a path are a struct ([`path!`](crate::path!)): a field is filled from the parameter of its name, and a
//! field that says what it names is part of the [`Address`].

/// What a request addresses: by its path, or by its body where the path leaves it out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// The name of a user or an organization; `None`: the account of the caller.
    pub namespace: Option<String>,
    /// Whether the path names an organization: then a user of that name is not meant.
    pub names_organization: bool,
    /// The name of a team of it.
    pub team: Option<String>,
    /// The name of a repository of it.
    pub repository: Option<String>,
    /// The client id of an application.
    pub client_id: Option<String>,
    /// A robot of the namespace, without the namespace's name.
    pub robot: Option<String>,
    /// The name of the repository in the path of a registry: one without a slash is of the library's namespace.
    pub registry_name: Option<String>,
}

impl Address {
    /// It is about the organization of that name.
    pub fn organization(&mut self, name: &str) {
        self.namespace(name);
        self.names_organization = true;
    }

    /// It is about the user or the organization of that name.
    pub fn namespace(&mut self, name: &str) {
        self.namespace = Some(name.to_owned());
    }

    /// It is about the team of that name.
    pub fn team(&mut self, name: &str) {
        self.team = Some(name.to_owned());
    }

    /// It is about the repository of that name.
    pub fn repository(&mut self, name: &str) {
        self.repository = Some(name.to_owned());
    }

    /// It is about the repository that is named with its namespace.
    pub fn namespace_and_repository(&mut self, path: &str) {
        if let Some((namespace, name)) = path.split_once('/') {
            self.namespace(namespace);
            self.repository(name);
        }
    }

    /// It is about the repository that a registry calls so.
    pub fn registry_repository(&mut self, name: &str) {
        match name.split_once('/') {
            Some(_) => self.namespace_and_repository(name),
            None => self.repository(name),
        }
        self.registry_name = Some(name.to_owned());
    }

    /// It is about the application of that client id.
    pub fn client_id(&mut self, client_id: &str) {
        self.client_id = Some(client_id.to_owned());
    }

    /// It is about the robot of that short name.
    pub fn robot(&mut self, short_name: &str) {
        self.robot = Some(short_name.to_owned());
    }

    /// This address, completed by `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            names_organization: self.names_organization
                || (self.namespace.is_none() && other.names_organization),
            namespace: self.namespace.or(other.namespace),
            team: self.team.or(other.team),
            repository: self.repository.or(other.repository),
            client_id: self.client_id.or(other.client_id),
            robot: self.robot.or(other.robot),
            registry_name: self.registry_name.or(other.registry_name),
        }
    }
}

/// The parameters that were found in a path, decoded, by their names in the pattern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathParameters(Vec<(&'static str, String)>);

impl PathParameters {
    /// The parameters of a match.
    #[must_use]
    pub const fn new(found: Vec<(&'static str, String)>) -> Self {
        Self(found)
    }

    /// The parameter of that name, for [`path!`](crate::path!). A test holds that a row's pattern has all that its structs read.
    #[must_use]
    pub fn get(&self, name: &str) -> String {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// Parameters of a path, as a struct.
pub trait Path: Sized + 'static {
    /// Their names, as in the pattern.
    const NAMES: &'static [&'static str];

    /// Takes them from the parameters of a request.
    fn read(parameters: &PathParameters) -> Self;

    /// Adds what they name to the address.
    fn say(&self, address: &mut Address);
}

impl Path for () {
    const NAMES: &'static [&'static str] = &[];

    fn read(_parameters: &PathParameters) -> Self {}

    fn say(&self, _address: &mut Address) {}
}

/// Declares the parameters of a path: `path! { pub struct RobotPath { robot_shortname => robot } }`. Behind the arrow is the
/// part of the [`Address`] that the parameter names. A parameter without an arrow is for the handler alone.
#[macro_export]
macro_rules! path {
    ($($(#[$doc:meta])* $visibility:vis struct $name:ident {
        $($field:ident $(=> $part:ident)?),+ $(,)?
    })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            $visibility struct $name {
                $(#[doc = concat!("`:", stringify!($field), "`.")] $visibility $field: String),+
            }

            impl $crate::Path for $name {
                const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];

                fn read(parameters: &$crate::PathParameters) -> Self {
                    Self { $($field: parameters.get(stringify!($field))),+ }
                }

                fn say(&self, _address: &mut $crate::Address) {
                    $($(_address.$part(&self.$field);)?)+
                }
            }
        )+
    };
}

path! {
    /// An organization.
    pub struct OrganizationPath { orgname => organization }
    /// A team of an organization.
    pub struct TeamPath { orgname => organization, teamname => team }
    /// An application of an organization.
    pub struct ApplicationPath { orgname => organization, client_id => client_id }
    /// A user or an organization, for superusers.
    pub struct NamespacePath { namespace => namespace }
    /// A user, by name.
    pub struct UserPath { username => namespace }
    /// A repository, with its namespace.
    pub struct RepositoryPath { repository => namespace_and_repository }
    /// An organization, for superusers.
    pub struct NamedOrganization { name => namespace }
    /// A repository of an organization.
    pub struct OrganizationRepository { orgname => organization, reponame => repository }
    /// A repository of the caller.
    pub struct OwnRepository { reponame => repository }
    /// A repository, as registries call it.
    pub struct RegistryPath { name => registry_repository }
    /// An application of any namespace.
    pub struct ClientPath { client_id => client_id }
}

/// For rows whose path addresses nothing: the body may.
pub fn in_body(_parameters: &PathParameters) {}
