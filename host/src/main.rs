//! `berth`: a small Spin-compatible host. It serves the components of a `spin.toml` over HTTP on
//! wasmtime, with Spin's semantics and Spin's state files, for machines that have no Spin. It does
//! not know what the components do. Commands of an application are programs `berth-NAME`, which
//! `external` runs.
//!
//! Starting: `manifest` reads spin.toml, `runtime_config` the runtime configuration file; `app` loads the application, with
//! `variables` and `routes`; `loader` loads its components, with `compose` and `engine`.
//!
//! Serving: `server` accepts the connections that `connections` admits (`open_files`: how many), and `min_data_rate` closes
//! those of slow clients. `request` handles a request: its host (`authority`), its body (`request_body`), its line in the log
//! (`access_log`), and what it gets where no component answers (`refusal`). `run` runs an `instance` while it has its
//! `instance_permit`, and collects its `response`. `imports` are the interfaces that an instance calls, on `sqlite` (a
//! `database` file with its `group_commit`, or `libsql`), `key_value` (a file too, or `redis_store`) and `resolve`; `outbound` is its HTTP client.
//!
//! Sharing: `capacity` has the size of every shared resource. One is waited for (`fair_semaphore`) or refused (`quota`), and
//! counted by `client`. `limits` has what one request may use, `deadline` until when.

mod access_log;
mod app;
mod authority;
mod bindings;
mod capacity;
mod client;
mod compose;
mod connections;
mod database;
mod deadline;
mod engine;
mod external;
mod fair_semaphore;
mod file_permissions;
mod group_commit;
mod imports;
mod instance;
mod instance_permit;
mod key_value;
mod libsql;
mod limits;
mod loader;
mod manifest;
mod min_data_rate;
mod open_files;
mod outbound;
mod quota;
mod redis_store;
mod refusal;
mod request;
mod request_body;
mod resolve;
mod response;
mod routes;
mod run;
mod runtime_config;
mod server;
mod sqlite;
mod variables;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::limits::Limits;
use crate::loader::Failure;
use crate::manifest::Manifest;
use crate::min_data_rate::MinDataRate;
use crate::resolve::{BlockedNetwork, HostOverride, Resolver};
use crate::runtime_config::RuntimeConfig;
use crate::server::Shutdown;
use crate::variables::Values;

/// A small Spin-compatible host.
#[derive(Parser)]
#[command(
    name = "berth",
    version,
    after_help = external::help()
)]
enum Command {
    /// Serve an application until Ctrl-C or SIGTERM.
    Up(Box<Up>),
    /// Compile the components of an application, so that `up` with the same flags finds their code.
    Compile(Box<Up>),
    #[command(external_subcommand)]
    External(Vec<OsString>),
}

#[derive(Args)]
struct Up {
    /// The manifest.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    from: PathBuf,
    /// The address to serve on; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Where databases and compiled code are kept [default: .spin beside the manifest].
    #[arg(long, value_name = "DIRECTORY")]
    state_dir: Option<PathBuf>,
    /// Spin's runtime configuration file: stores on servers, blocked networks, the state directory.
    #[arg(long, value_name = "FILE")]
    runtime_config_file: Option<PathBuf>,
    /// Set a variable of the application.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = variables::parse_assignment)]
    variables: Vec<(String, String)>,
    /// Take NAME to be at this address, in look-ups and in outgoing requests; with a port, connect
    /// to that port.
    #[arg(long = "resolve", value_name = "NAME=ADDRESS")]
    overrides: Vec<HostOverride>,
    /// Let no component connect to these networks, whatever name leads there: CIDRs, and `private`
    /// for all that are not the Internet's.
    #[arg(long, value_name = "CIDR,…", value_delimiter = ',')]
    block_networks: Vec<BlockedNetwork>,
    /// The largest request body. The components take no more than this by default.
    #[arg(long, value_name = "BYTES", default_value_t = 1024 * 1024 + 64 * 1024)]
    max_body_bytes: u64,
    /// Requests whose path begins so are a probe's: they wait for no other request.
    #[arg(long, value_name = "PATH", default_value = "/health/")]
    probe_path: String,
    /// How long to go on serving after SIGTERM, so that proxies can turn to other replicas: each
    /// response closes its connection.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    drain_s: u64,
    #[command(flatten)]
    hidden: Hidden,
}

/// For tests and the benchmark.
#[derive(Args)]
#[command(next_help_heading = None)]
struct Hidden {
    /// Tell in each response what the request cost.
    #[arg(long, hide = true)]
    debug_headers: bool,
    #[arg(long, hide = true, default_value_t = 30_000)]
    deadline_ms: u64,
    #[arg(long, hide = true, default_value_t = 60_000)]
    progress_ms: u64,
    #[arg(long, hide = true, default_value_t = capacity::default_concurrent_requests())]
    concurrent_requests: u32,
    #[arg(long, hide = true, default_value_t = 10_000)]
    queue_ms: u64,
    #[arg(long, hide = true, default_value_t = 10_000)]
    header_ms: u64,
    #[arg(long, hide = true, default_value_t = 10_000)]
    body_pause_ms: u64,
    /// How long a body or a response may be slower than the minimum rate.
    #[arg(long, hide = true, default_value_t = 10_000)]
    slow_ms: u64,
    #[arg(long, hide = true, default_value_t = 64 * 1024 * 1024)]
    body_quota: usize,
    #[arg(long, hide = true, default_value_t = 10_000)]
    transaction_ms: u64,
}

/// Gives memory back to the system soon after a burst, which the allocator of the system does not.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = Command::parse();
    file_permissions::restrict_new_files();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // It would panic where standard error is closed.
        .log_internal_errors(false)
        .init();
    let result = match command {
        Command::Up(up) => run(*up, start_and_serve),
        Command::Compile(up) => run(*up, compile),
        Command::External(words) => external::run(&words),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("berth: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard error, which may be closed.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Does `work` with an application.
fn run(up: Up, work: impl AsyncFnOnce(Up, Source) -> Result<()>) -> Result<()> {
    let manifest = Manifest::read(&up.from)?;
    let values =
        Values::resolve(&manifest.variables, &up.variables, |name| std::env::var(name).ok())?;
    let config = up.runtime_config_file.as_deref().map(RuntimeConfig::read).transpose()?;
    let app = (manifest, values, config.unwrap_or_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work(up, app));
    // The requests in flight have had their time.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

/// What is served: the manifest, the values of its variables, and the runtime configuration.
type Source = (Manifest, Values, RuntimeConfig);

/// Loads the application, and serves nothing.
async fn compile(up: Up, source: Source) -> Result<()> {
    let (_app, failure) = tokio::task::spawn_blocking(move || load(up, source, 0)).await??;
    // Where nothing failed, nobody is left who could tell.
    failure.await.map_or(Ok(()), Err)
}

async fn start_and_serve(up: Up, source: Source) -> Result<()> {
    // First, so that a port in use is reported before minutes of compiling.
    let listener = TcpListener::bind(up.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", up.listen))?;
    let address = listener.local_addr()?;
    let (files, hidden) = (open_files::raise_limit(), &up.hidden);
    let has_streams = !source.0.application.tool.berth.streaming_components.is_empty();
    let streams = if has_streams { capacity::streams(files) } else { 0 };
    let limits = server::Limits {
        connections: open_files::max_connections(files, hidden.concurrent_requests, streams),
        head: Duration::from_millis(up.hidden.header_ms),
        response_rate: MinDataRate::after(Duration::from_millis(up.hidden.slow_ms)),
        progress: Duration::from_millis(hidden.progress_ms),
        drain: Duration::from_secs(up.drain_s),
    };
    let mut shutdown = Shutdown::listen()?;
    let (app, failure) = tokio::select! {
        app = tokio::task::spawn_blocking(move || load(up, source, streams)) => app??,
        () = shutdown.requested() => return Ok(()),
    };
    announce(&app, address);
    tokio::select! {
        () = server::serve(listener, Arc::new(app), limits, shutdown) => Ok(()),
        Ok(error) = failure => Err(error),
    }
}

fn load(up: Up, (manifest, values, config): Source, streams: usize) -> Result<(App, Failure)> {
    let state_directory = up.state_dir.or_else(|| config.state_dir.clone());
    let state_directory = state_directory.unwrap_or_else(|| manifest.directory.join(".spin"));
    let limits = Limits {
        deadline: Duration::from_millis(up.hidden.deadline_ms),
        progress: Duration::from_millis(up.hidden.progress_ms),
        body_bytes: up.max_body_bytes,
        body_pause: Duration::from_millis(up.hidden.body_pause_ms),
        body_rate: MinDataRate::after(Duration::from_millis(up.hidden.slow_ms)),
        body_quota: up.hidden.body_quota,
        concurrent_requests: up.hidden.concurrent_requests,
        streams,
        queue: Duration::from_millis(up.hidden.queue_ms),
        transaction: Duration::from_millis(up.hidden.transaction_ms),
        probe_path: up.probe_path,
        debug_headers: up.hidden.debug_headers,
    };
    let progress = |name: &str| say(format_args!("Compiling {name}…"));
    let blocked = up.block_networks.into_iter().chain(config.block_networks.iter().cloned());
    let resolver = Resolver::new(up.overrides, blocked.collect());
    App::load(&manifest, &values, &resolver, (&state_directory, &config), limits, progress)
}

/// Prints which component is served where, as `spin up` does.
fn announce(app: &App, address: SocketAddr) {
    let mut text = format!("Serving http://{address}\nAvailable Routes:\n");
    for (component, route) in &app.listing {
        let (path, note) = match route.strip_suffix("/...") {
            Some(prefix) => (prefix, " (wildcard)"),
            None => (route.as_str(), ""),
        };
        text.push_str(&format!("  {component}: http://{address}{path}{note}\n"));
    }
    // Standard output may be closed.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
