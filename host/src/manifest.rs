//! Reads `spin.toml` (manifest version 2) strictly: an unknown or unsupported key is refused by its name before anything starts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// A valid manifest, and the directory to which its paths are relative.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) directory: PathBuf,
    pub(crate) application: Application,
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) routes: Vec<HttpTrigger>,
    pub(crate) components: BTreeMap<String, Component>,
}

impl Manifest {
    /// Reads and checks the manifest at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text, directory_of(path)).with_context(|| format!("in {}", path.display()))
    }

    /// Checks the text of a manifest whose relative paths start at `directory`.
    pub(crate) fn parse(text: &str, directory: PathBuf) -> Result<Self> {
        let file: File = toml::from_str(text)?;
        ensure!(
            file.spin_manifest_version == 2,
            "spin_manifest_version is {}, only 2 is supported",
            file.spin_manifest_version
        );
        let manifest = Self {
            directory,
            application: file.application,
            variables: file.variables,
            routes: file.trigger.http,
            components: file.component,
        };
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<()> {
        if let Some(base) =
            self.application.trigger.http.as_ref().and_then(|http| http.base.as_deref())
        {
            ensure!(
                base == "/",
                "application.trigger.http.base = {base:?} is not supported, only \"/\""
            );
        }
        for name in self.variables.keys() {
            check_variable_name(name)?;
        }
        for (name, variable) in &self.variables {
            ensure!(
                variable.required != variable.default.is_some(),
                "variable {name:?} must have either a default or required = true"
            );
        }
        ensure!(!self.routes.is_empty(), "there is no [[trigger.http]]: nothing would be served");
        for trigger in &self.routes {
            ensure!(
                self.components.contains_key(&trigger.component),
                "a [[trigger.http]] names component {:?}, but there is no [component.{}]",
                trigger.component,
                trigger.component
            );
        }
        self.check_streaming_components()?;
        for (name, component) in &self.components {
            component.check(&self.components).with_context(|| format!("component {name:?}"))?;
        }
        Ok(())
    }

    fn check_streaming_components(&self) -> Result<()> {
        for name in &self.application.tool.berth.streaming_components {
            ensure!(
                self.components.contains_key(name),
                "application.tool.berth.streaming_components names {name:?}, but there is no [component.{name}]"
            );
        }
        Ok(())
    }

    /// Whether requests and responses of the component `name` pass piece by piece.
    pub(crate) fn streams(&self, name: &str) -> bool {
        self.application.tool.berth.streaming_components.iter().any(|streaming| streaming == name)
    }
}

/// The directory of the manifest at `path`.
fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    spin_manifest_version: u32,
    application: Application,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    #[serde(default)]
    component: BTreeMap<String, Component>,
}

/// `[application]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "accepted because Spin does, used by other tools")]
pub(crate) struct Application {
    pub(crate) name: String,
    version: Option<String>,
    description: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    #[serde(default)]
    trigger: ApplicationTriggers,
    #[serde(default)]
    pub(crate) tool: Tools,
}

/// `[application.tool]`, which Spin ignores: of the tools this one is `berth`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Tools {
    #[serde(default)]
    pub(crate) berth: HostSettings,
}

/// `[application.tool.berth]`: settings of this host.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostSettings {
    /// Prefixes of segments of paths that end with a secret: in the log everything after the last colon is masked.
    #[serde(default)]
    pub(crate) secret_segments: Vec<String>,
    /// Components whose requests and responses pass piece by piece, of any length, under limits of their own.
    #[serde(default)]
    pub(crate) streaming_components: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationTriggers {
    http: Option<ApplicationHttp>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationHttp {
    base: Option<String>,
}

/// One entry of `[variables]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "accepted because Spin does: no value of any variable is ever printed, secret or not"
)]
pub(crate) struct Variable {
    pub(crate) default: Option<String>,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    secret: bool,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    #[serde(default)]
    http: Vec<HttpTrigger>,
}

/// One `[[trigger.http]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "accepted because Spin does")]
pub(crate) struct HttpTrigger {
    id: Option<String>,
    pub(crate) component: String,
    pub(crate) route: TriggerRoute,
}

/// `route = "/path"` or `route = { private = true }`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a route is a string like \"/teams/...\" or { private = true }")]
pub(crate) enum TriggerRoute {
    Public(String),
    Private(PrivateRoute),
}

/// A route that cannot be reached from outside.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivateRoute {
    pub(crate) private: bool,
}

/// `[component.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "description and build are accepted because `spin build` and people read them"
)]
pub(crate) struct Component {
    pub(crate) source: Source,
    description: Option<String>,
    #[serde(default)]
    pub(crate) allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub(crate) key_value_stores: Vec<String>,
    #[serde(default)]
    pub(crate) sqlite_databases: Vec<String>,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    #[serde(default)]
    files: Vec<toml::Value>,
    #[serde(default)]
    pub(crate) dependencies: BTreeMap<String, Dependency>,
    #[serde(default)]
    dependencies_inherit_configuration: bool,
    build: Option<Build>,
    tool: Option<toml::Table>,
}

impl Component {
    fn check(&self, components: &BTreeMap<String, Self>) -> Result<()> {
        ensure!(self.files.is_empty(), "\"files\" is not supported by this host");
        for store in &self.key_value_stores {
            ensure!(
                store == "default",
                "key-value store {store:?} is not configured, only \"default\""
            );
        }
        for database in &self.sqlite_databases {
            ensure!(
                database == "default",
                "SQLite database {database:?} is not configured, only \"default\""
            );
        }
        for name in self.variables.keys() {
            check_variable_name(name)?;
        }
        for (name, dependency) in &self.dependencies {
            ensure!(
                !(self.dependencies_inherit_configuration
                    && dependency.inherit_configuration.is_some()),
                "dependency {name:?} has inherit_configuration, which cannot be combined with \
                 dependencies_inherit_configuration = true"
            );
            if let DependencySource::Component(component) = &dependency.source()? {
                ensure!(
                    components.contains_key(*component),
                    "dependency {name:?} is component {component:?}, but there is no [component.{component}]"
                );
            }
        }
        Ok(())
    }

    /// The capabilities of this component that `dependency` shares.
    pub(crate) fn inherited_by(&self, dependency: &Dependency) -> Inherit {
        match &dependency.inherit_configuration {
            None => Inherit::All(self.dependencies_inherit_configuration),
            Some(inherit) => inherit.clone(),
        }
    }
}

/// Where the Wasm of a component is: a file. Spin's other sources need a network and are refused.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "source must be the path of a .wasm file; URLs and registries are not supported"
)]
pub(crate) enum Source {
    Path(PathBuf),
}

impl Source {
    /// The path as written.
    pub(crate) fn path(&self) -> &Path {
        let Self::Path(path) = self;
        path
    }
}

/// One entry of `[component.NAME.dependencies]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dependency {
    path: Option<PathBuf>,
    component: Option<String>,
    /// Which export of the dependency to use, if it is not named like the import.
    pub(crate) export: Option<String>,
    pub(crate) inherit_configuration: Option<Inherit>,
}

/// What provides a dependency.
pub(crate) enum DependencySource<'a> {
    Path(&'a Path),
    Component(&'a str),
}

impl Dependency {
    /// What provides it: exactly one of `path` and `component`.
    pub(crate) fn source(&self) -> Result<DependencySource<'_>> {
        match (&self.path, &self.component) {
            (Some(path), None) => Ok(DependencySource::Path(path)),
            (None, Some(component)) => Ok(DependencySource::Component(component)),
            _ => bail!(
                "a dependency needs either \"path\" or \"component\"; URLs and registries are not supported"
            ),
        }
    }
}

/// Which capabilities of its parent a dependency gets.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "inherit_configuration must be true, false or a list of component settings"
)]
pub(crate) enum Inherit {
    All(bool),
    Some(Vec<Capability>),
}

impl Inherit {
    /// Whether `capability` is shared.
    pub(crate) fn includes(&self, capability: Capability) -> bool {
        match self {
            Self::All(all) => *all,
            Self::Some(list) => list.contains(&capability),
        }
    }
}

/// The settings of a component that a dependency can inherit. Spin's `ai_models` and `files` are
/// not supported.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Capability {
    AllowedOutboundHosts,
    Environment,
    KeyValueStores,
    SqliteDatabases,
    Variables,
}

impl Capability {
    /// Its name in spin.toml.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AllowedOutboundHosts => "allowed_outbound_hosts",
            Self::Environment => "environment",
            Self::KeyValueStores => "key_value_stores",
            Self::SqliteDatabases => "sqlite_databases",
            Self::Variables => "variables",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "for `spin build`")]
struct Build {
    command: toml::Value,
    workdir: Option<String>,
    #[serde(default)]
    watch: Vec<String>,
}

/// Spin's rule for names of variables: lower-case words of letters and digits, joined by single
/// underscores.
fn check_variable_name(name: &str) -> Result<()> {
    ensure!(
        is_variable_name(name),
        "{name:?} is no name for a variable: use lower-case letters, digits and single underscores, beginning with a letter"
    );
    Ok(())
}

/// See [`check_variable_name`].
pub(crate) fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.split('_').all(|word| !word.is_empty())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "a"
        [[trigger.http]]
        route = "/..."
        component = "c"
        [component.c]
        source = "c.wasm"
    "#;

    fn parse(text: &str) -> Result<Manifest> {
        Manifest::parse(text, PathBuf::new())
    }

    /// Asserts that the minimal manifest with `addition` at its end is refused with a message that
    /// has `said` in it.
    fn assert_refused(addition: &str, said: &str) {
        let error = format!("{:#}", parse(&format!("{MINIMAL}\n{addition}")).unwrap_err());
        assert!(error.contains(said), "{addition}\nwas refused with:\n{error}");
    }

    #[test]
    fn everything_that_spin_documents_and_we_support_is_accepted() {
        let manifest = parse(
            r#"
            spin_manifest_version = 2
            [application]
            name = "a"
            version = "1.0.0"
            description = "d"
            authors = ["x <x@example.com>"]
            [application.trigger.http]
            base = "/"
            [application.tool.berth]
            secret_segments = ["urn:"]
            [application.tool.other]
            anything = 1
            [variables]
            v = { default = "1", secret = true, description = "d" }
            w = { required = true }
            [[trigger.http]]
            id = "t"
            route = "/x/:y"
            component = "c"
            [[trigger.http]]
            route = { private = true }
            component = "d"
            [component.c]
            description = "d"
            source = "c.wasm"
            allowed_outbound_hosts = ["https://{{ v }}"]
            key_value_stores = ["default"]
            sqlite_databases = ["default"]
            environment = { A = "b" }
            variables = { v = "{{ v }}" }
            [component.c.dependencies]
            "a:b/one" = { path = "one.wasm", inherit_configuration = ["variables", "environment"] }
            "a:b/two" = { component = "d", inherit_configuration = true }
            "a:b/three" = { path = "three.wasm", export = "a:b/other" }
            [component.c.build]
            command = ["make", "make it"]
            workdir = "c"
            watch = ["src/**"]
            [component.d]
            source = "d.wasm"
            dependencies_inherit_configuration = true
            "#,
        )
        .unwrap();
        let c = &manifest.components["c"];
        let inherits =
            |name: &str, capability| c.inherited_by(&c.dependencies[name]).includes(capability);
        assert!(inherits("a:b/one", Capability::Variables));
        assert!(!inherits("a:b/one", Capability::SqliteDatabases));
        assert!(inherits("a:b/two", Capability::SqliteDatabases));
        assert!(!inherits("a:b/three", Capability::Variables));
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        assert_refused("ai_models = [\"llama\"]", "unknown field `ai_models`");
        assert_refused("[application.tool.berth]\nsecret = 1", "unknown field `secret`");
        assert_refused("files = [\"a\"]", "\"files\" is not supported");
        assert_refused("[[trigger.redis]]\ncomponent = \"c\"", "unknown field `redis`");
        assert_refused(
            "[[trigger.http]]\nroute = \"/x\"\ncomponent = \"nobody\"",
            "there is no [component.nobody]",
        );
        assert_refused("[[trigger.http]]\nroute = 1\ncomponent = \"c\"", "a route is a string");
        assert_refused(
            "[component.d]\nsource = { url = \"https://x\" }",
            "URLs and registries are not supported",
        );
        assert_refused(
            "sqlite_databases = [\"other\"]",
            "SQLite database \"other\" is not configured",
        );
        assert_refused(
            "key_value_stores = [\"other\"]",
            "key-value store \"other\" is not configured",
        );
        assert_refused(
            "[variables]\nUpper = { default = \"\" }",
            "\"Upper\" is no name for a variable",
        );
        assert_refused(
            "[variables]\nv = {}",
            "variable \"v\" must have either a default or required",
        );
        assert_refused(
            "[variables]\nv = { default = \"1\", secrets = true }",
            "unknown field `secrets`",
        );
        assert_refused(
            "[application.trigger.http]\nbase = \"/b\"",
            "base = \"/b\" is not supported",
        );
    }

    #[test]
    fn dependencies_that_are_not_supported_are_refused_by_name() {
        assert_refused("dependencies = { \"a:b\" = { url = \"x\" } }", "unknown field `url`");
        assert_refused("dependencies = { \"a:b\" = {} }", "needs either \"path\" or \"component\"");
        assert_refused(
            "dependencies = { \"a:b\" = { component = \"d\" } }",
            "there is no [component.d]",
        );
        assert_refused(
            "dependencies_inherit_configuration = true\n[component.c.dependencies]\n\"a:b\" = { path = \"x\", inherit_configuration = false }",
            "cannot be combined",
        );
        assert_refused(
            "dependencies = { \"a:b\" = { path = \"x\", inherit_configuration = [\"files\"] } }",
            "inherit_configuration must be true, false or a list",
        );
    }

    #[test]
    fn another_version_or_nothing_to_serve_is_refused() {
        let error = parse(&MINIMAL.replace("version = 2", "version = 1")).unwrap_err();
        assert_eq!(error.to_string(), "spin_manifest_version is 1, only 2 is supported");
        let nothing = "spin_manifest_version = 2\n[application]\nname = \"a\"\n[trigger]";
        assert!(parse(nothing).unwrap_err().to_string().contains("nothing would be served"));
    }
}
