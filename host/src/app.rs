//! The application: a manifest that is ready to be served, with its variables resolved and its databases open. This is all about
//! starting; requests go through `server` and `request`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio::sync::Semaphore;
use wasmtime::Engine;

use crate::capacity::{CALLS_OF_COMPONENT, Capacity, calls_of_streams};
use crate::compose::Parts;
use crate::engine::{self, Compiler};
use crate::file_permissions;
use crate::instance::Component;
use crate::key_value::KeyValueStore;
use crate::libsql::LibSql;
use crate::limits::Limits;
use crate::loader::{Failure, Loader, Served, naming};
use crate::manifest::{self, Manifest, TriggerRoute};
use crate::outbound::{AllowedHost, Outbound};
use crate::redis_store::RedisStore;
use crate::resolve::Resolver;
use crate::routes::Router;
use crate::runtime_config::{self, RuntimeConfig};
use crate::sqlite::SqliteDatabase;
use crate::variables::Values;

/// Everything that serving needs.
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) router: Router<Arc<Served>>,
    pub(crate) loader: Arc<Loader>,
    pub(crate) limits: Limits,
    pub(crate) capacity: Capacity,
    /// Prefixes of segments of paths that end with a secret, which the log masks.
    pub(crate) secret_segments: Vec<String>,
    /// `(component, route)` as in the manifest, to be printed.
    pub(crate) listing: Vec<(String, String)>,
}

/// The file of the SQLite database in the state directory, as under `spin up`.
const DATABASE_FILE: &str = "sqlite_db.db";

/// The file of the key-value store, likewise.
const KEY_VALUE_FILE: &str = "sqlite_key_value.db";

impl App {
    /// Loads the application of `manifest`, with its state in `state_directory` but for the stores of the runtime configuration.
    /// Components are loaded meanwhile; `progress` is called with the name of each that is compiled. What is wrong with one is told
    /// later, by the [`Failure`].
    ///
    /// # Errors
    /// Whatever is wrong with the manifest or the state directory.
    pub(crate) fn load(
        manifest: &Manifest,
        values: &Values,
        resolver: &Arc<Resolver>,
        (state_directory, stores): (&Path, &RuntimeConfig),
        limits: Limits,
        progress: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<(Self, Failure)> {
        let listing = public_routes(manifest)?;
        let names: BTreeSet<&str> =
            manifest.routes.iter().map(|trigger| trigger.component.as_str()).collect();
        // First, so that a missing file is reported before minutes of compiling.
        let parts: Vec<_> = names
            .into_iter()
            .map(|name| Ok((name, Parts::locate(manifest, name).with_context(|| naming(name))?)))
            .collect::<Result<_>>()?;
        let cache = state_directory.join("compiled");
        make_directory(&cache)?;
        file_permissions::restrict(&cache, "")?;
        let stores = Stores::open(manifest, state_directory, stores)?;
        let components = prepare_all(manifest, values, &stores, (resolver, &limits))?;

        let engine = engine::start(Capacity::instances(&limits))?;
        let linker = engine::linker(&engine)?;
        let serve = |(name, parts)| (name, Served::new(Arc::clone(&components[name]), parts));
        let served: BTreeMap<&str, Arc<Served>> = parts.into_iter().map(serve).collect();
        let routes = listing.iter().map(|(name, route)| (route.clone(), served[&**name].clone()));
        let router = Router::new(routes)?;
        let compiler = Compiler { engine: engine.clone(), linker, cache };
        let (loader, failure) = Loader::start(compiler, served.into_values(), progress)?;
        let app = Self {
            router,
            loader,
            capacity: Capacity::new(&limits),
            secret_segments: manifest.application.tool.berth.secret_segments.clone(),
            engine,
            limits,
            listing,
        };
        Ok((app, failure))
    }

    /// Whether `path` is one of a probe, which asks for the health of the application and waits for no other request.
    pub(crate) fn is_probe(&self, path: &str) -> bool {
        !self.limits.probe_path.is_empty() && path.starts_with(&self.limits.probe_path)
    }
}

/// Makes a directory that only the operator may read.
fn make_directory(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("cannot make the directory {}", path.display()))
}

fn public_routes(manifest: &Manifest) -> Result<Vec<(String, String)>> {
    let mut routes = Vec::new();
    for trigger in &manifest.routes {
        match &trigger.route {
            TriggerRoute::Public(route) => routes.push((trigger.component.clone(), route.clone())),
            TriggerRoute::Private(private) => {
                ensure!(
                    private.private,
                    "component {:?}: a route is private = true or a path",
                    trigger.component
                );
            }
        }
    }
    Ok(routes)
}

/// The stores, which all components share.
struct Stores {
    sqlite: Option<SqliteDatabase>,
    key_value: Option<KeyValueStore>,
}

impl Stores {
    /// Opens files. A server need not be there yet.
    fn open(manifest: &Manifest, directory: &Path, config: &RuntimeConfig) -> Result<Self> {
        let uses = |declared: fn(&manifest::Component) -> &[String]| {
            manifest.components.values().any(|component| !declared(component).is_empty())
        };
        for file in [DATABASE_FILE, KEY_VALUE_FILE] {
            file_permissions::restrict(directory, file)?;
        }
        let sqlite = uses(|component| &component.sqlite_databases)
            .then(|| open_sqlite(config.sqlite.as_ref(), directory))
            .transpose()
            .context("SQLite database \"default\"")?;
        let key_value = uses(|component| &component.key_value_stores)
            .then(|| open_key_value(config.key_value.as_ref(), directory))
            .transpose()
            .context("key-value store \"default\"")?;
        Ok(Self { sqlite, key_value })
    }
}

fn open_sqlite(
    config: Option<&runtime_config::SqliteDatabase>,
    directory: &Path,
) -> Result<SqliteDatabase> {
    use runtime_config::SqliteDatabase::{LibSql as Server, Spin};
    match config {
        None => SqliteDatabase::open_file(&directory.join(DATABASE_FILE)),
        Some(Spin { path }) => SqliteDatabase::open_file(path),
        Some(Server { url, token }) => LibSql::new(url, token).map(SqliteDatabase::LibSql),
    }
}

fn open_key_value(
    config: Option<&runtime_config::KeyValueStore>,
    directory: &Path,
) -> Result<KeyValueStore> {
    use runtime_config::KeyValueStore::{Redis, Spin};
    match config {
        None => KeyValueStore::open_file(&directory.join(KEY_VALUE_FILE)),
        Some(Spin { path }) => KeyValueStore::open_file(path),
        Some(Redis { url }) => Ok(KeyValueStore::Redis(Arc::new(RedisStore::new(url)?))),
    }
}

/// All components, also those without a route, so that every mistake in the manifest is found.
fn prepare_all<'a>(
    manifest: &'a Manifest,
    values: &Values,
    stores: &Stores,
    (resolver, limits): (&Arc<Resolver>, &Limits),
) -> Result<BTreeMap<&'a str, Arc<Component>>> {
    let prepare = |(name, settings): (&'a String, &'a manifest::Component)| {
        let calls = manifest.streams(name).then(|| calls_of_streams(limits));
        let component = prepare((name, settings), values, stores, resolver, calls);
        Ok((name.as_str(), component.with_context(|| naming(name))?))
    };
    manifest.components.iter().map(prepare).collect()
}

/// `calls_of_streams`: how many calls the component may make at a time, if it streams.
fn prepare(
    (name, settings): (&str, &manifest::Component),
    values: &Values,
    stores: &Stores,
    resolver: &Arc<Resolver>,
    calls_of_streams: Option<usize>,
) -> Result<Arc<Component>> {
    let variables = settings
        .variables
        .iter()
        .map(|(name, template)| Ok((name.clone(), values.expand(template)?)));
    let allowed = settings
        .allowed_outbound_hosts
        .iter()
        .filter_map(|entry| AllowedHost::of_template(entry, values).transpose());
    Ok(Arc::new(Component {
        name: name.to_owned(),
        streams: calls_of_streams.is_some(),
        environment: settings.environment.clone().into_iter().collect(),
        variables: variables.collect::<Result<_>>()?,
        sqlite: stores.sqlite.clone().filter(|_| !settings.sqlite_databases.is_empty()),
        key_value: stores.key_value.clone().filter(|_| !settings.key_value_stores.is_empty()),
        outbound: Arc::new(Outbound {
            component: name.to_owned(),
            allowed: allowed.collect::<Result<_>>()?,
            calls: Arc::new(Semaphore::new(calls_of_streams.unwrap_or(CALLS_OF_COMPONENT))),
        }),
        resolver: resolver.clone(),
    }))
}
