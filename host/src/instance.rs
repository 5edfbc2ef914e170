//! One instance of a component, which exists for one request: the state behind its imports, and the memory that it may use.
//! `engine` decides which imports exist.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::capacity::{Capacity, MAX_MEMORY_BYTES, MAX_TABLE_ELEMENTS};
use crate::database::DatabaseContext;
use crate::deadline::{Deadline, Progress};
use crate::instance_permit::{InstancePermit, WriterState};
use crate::key_value::KeyValueStore;
use crate::outbound::{Calls, Hooks, Outbound};
use crate::quota::{Quota, Reservation};
use crate::resolve::{CachingResolver, Resolver};
use crate::sqlite::SqliteDatabase;

/// How much the memory of an instance may grow without a reservation, in bytes: more than a usual request needs, and less than
/// hashing a password does. An instance that needs more reserves it, and goes on in the pool `heavy`.
const UNRESERVED_GROWTH_BYTES: usize = 2 * 1024 * 1024;
/// The longest line of a component's output, in bytes. Longer ones are split.
const MAX_LOG_LINE_BYTES: usize = 8 * 1024;

/// The capabilities of a component of the manifest.
pub(crate) struct Component {
    pub(crate) name: String,
    /// Whether its requests and responses pass piece by piece.
    pub(crate) streams: bool,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) sqlite: Option<SqliteDatabase>,
    pub(crate) key_value: Option<KeyValueStore>,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) resolver: Arc<Resolver>,
}

/// The cost of one request, for tests and the benchmark.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) statements: AtomicU32,
    pub(crate) key_value: AtomicU32,
    /// Whether some of the response was written after its head was handed over.
    pub(crate) response_split: AtomicBool,
}

/// The state behind the imports of one instance.
pub(crate) struct State {
    pub(crate) component: Arc<Component>,
    pub(crate) table: ResourceTable,
    pub(crate) database: DatabaseContext,
    pub(crate) counters: Arc<Counters>,
    /// Its look-ups. It connects to the addresses that they gave.
    pub(crate) resolver: CachingResolver,
    /// Its outgoing calls and look-ups.
    pub(crate) calls: Calls,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    memory: MemoryLimit,
}

impl State {
    /// For the request `request_id` to `component`, which ends at `deadline`; `progress` is that of a component that streams.
    pub(crate) fn new(
        component: &Arc<Component>,
        request_id: &str,
        (deadline, progress): (Deadline, Option<Progress>),
        counters: Arc<Counters>,
        (permit, capacity): (&Arc<InstancePermit>, &Capacity),
    ) -> Self {
        let share = capacity.share(component.streams);
        let output = GuestOutput::new(component);
        let wasi = WasiCtx::builder()
            .stdout(output.clone())
            .stderr(output)
            .envs(&component.environment)
            .allow_tcp(false)
            .allow_udp(false)
            .build();
        let resolver = CachingResolver::new(&component.resolver);
        let database = DatabaseContext::new(deadline, permit.clone(), share.memory.clone());
        let calls = Calls::new(&component.outbound, permit.client(), &share.calls);
        let memory = MemoryLimit {
            used: 0,
            initial: 0,
            reservation: None,
            quota: share.memory.clone(),
            responses: capacity.responses.clone(),
            permit: permit.clone(),
            writer: database.writer.clone(),
            component: component.clone(),
            request_id: request_id.to_owned(),
        };
        Self {
            component: component.clone(),
            resolver: resolver.clone(),
            table: ResourceTable::new(),
            database,
            counters,
            calls: calls.clone(),
            wasi,
            http: WasiHttpCtx::new(),
            hooks: Hooks { calls, resolver, progress },
            memory,
        }
    }

    /// Logs that the component may not open a store that it asked for, and what to do about it.
    pub(crate) fn warn_of_undeclared(&self, what: &str, label: &str, setting: &str) {
        let name = &self.component.name;
        let remedy = if label == "default" {
            format!("add {label:?} to its {setting}")
        } else {
            "this host has only \"default\"".to_owned()
        };
        tracing::warn!("component {name:?} may not open the {what} {label:?}: {remedy}");
    }

    /// Decides whether memory may grow.
    pub(crate) fn limiter(&mut self) -> &mut dyn wasmtime::ResourceLimiterAsync {
        &mut self.memory
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}

/// The memory of all modules of an instance together.
struct MemoryLimit {
    /// In bytes.
    used: usize,
    /// In bytes, when its modules were instantiated.
    initial: usize,
    /// In MiB, for the growth beyond [`UNRESERVED_GROWTH_BYTES`].
    reservation: Option<Reservation>,
    /// Of memory, for all instances.
    quota: Arc<Quota>,
    /// Of responses that are not read yet.
    responses: Arc<Quota>,
    permit: Arc<InstancePermit>,
    writer: WriterState,
    component: Arc<Component>,
    request_id: String,
}

/// No memory is left, or no permit for the pool `heavy`. It ends the instance, and with it its transaction.
#[derive(Debug)]
pub(crate) struct OutOfCapacity(&'static str);

impl std::fmt::Display for OutOfCapacity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for OutOfCapacity {}

impl MemoryLimit {
    /// Reserves what is needed for `used` bytes. Memory itself is never waited for: two instances that have some could wait for
    /// each other. An instance may wait for the pool `heavy` before it reserves anything, unless it has the write lock, for
    /// which others wait.
    async fn reserve(&mut self, used: usize) -> Result<(), OutOfCapacity> {
        let unreserved = self.initial + UNRESERVED_GROWTH_BYTES;
        let mib = used.saturating_sub(unreserved).div_ceil(1024 * 1024);
        if mib == 0 {
            return Ok(());
        }
        let client = self.permit.client();
        if self.writer.since().is_none() {
            // Much memory makes large responses: if their quota is nearly used up, the work would be in vain.
            if self.reservation.is_none() && self.responses.is_nearly_used_up_by(client) {
                return Err(OutOfCapacity("too many large answers that are not read"));
            }
            let entered = self.permit.enter_heavy_pool().await;
            entered.map_err(|_| OutOfCapacity("too many requests that need much memory"))?;
        }
        if self.quota.try_extend(&mut self.reservation, client, mib) {
            Ok(())
        } else {
            Err(OutOfCapacity("too little memory for all requests"))
        }
    }
}

#[async_trait::async_trait]
impl wasmtime::ResourceLimiterAsync for MemoryLimit {
    async fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used.saturating_sub(current).saturating_add(desired);
        if used > MAX_MEMORY_BYTES {
            tracing::warn!(
                "component {:?} asked for more than {MAX_MEMORY_BYTES} bytes of memory (request {})",
                self.component.name,
                self.request_id
            );
            return Ok(false);
        }
        if current == 0 {
            self.initial += desired;
        }
        self.reserve(used).await?;
        self.used = used;
        Ok(true)
    }

    async fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE_ELEMENTS)
    }
}

/// Standard output and error of an instance: each line is written to the host's standard error, after the name of the component.
#[derive(Clone)]
struct GuestOutput(Arc<Mutex<Line>>);

struct Line {
    component: Arc<Component>,
    text: Vec<u8>,
}

impl GuestOutput {
    fn new(component: &Arc<Component>) -> Self {
        Self(Arc::new(Mutex::new(Line { component: component.clone(), text: Vec::new() })))
    }

    fn push(&self, bytes: &[u8]) {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for &byte in bytes {
            if byte == b'\n' || line.text.len() == MAX_LOG_LINE_BYTES {
                line.print();
            }
            if byte != b'\n' {
                line.text.push(byte);
            }
        }
    }
}

impl Line {
    fn print(&mut self) {
        let text = String::from_utf8_lossy(&self.text);
        // The text may come from a client: it must not control a terminal or fake lines.
        let safe: String = text
            .chars()
            .flat_map(|c| {
                if c.is_control() && c != '\t' { c.escape_default().collect() } else { vec![c] }
            })
            .collect();
        // Standard error may be closed.
        let _ = writeln!(std::io::stderr().lock(), "[{}] {safe}", self.component.name);
        self.text.clear();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            self.print();
        }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only WASI 0.3 calls this, and that is not linked.
        Box::new(tokio::io::sink())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_LOG_LINE_BYTES)
    }
}
