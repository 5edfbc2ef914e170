//! One instance of a component, which lives for one request: the state behind its imports and the
//! memory it may use. Which imports exist at all is `engine`'s decision, what the request asks is
//! `request`'s.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::capacity::{Capacity, MAX_MEMORY_BYTES, MAX_TABLE_ELEMENTS};
use crate::database::{Database, Turn};
use crate::instance_permit::{Seat, Writing};
use crate::outbound::{Calls, Hooks, Outbound};
use crate::quota::{Room, Taken};
use crate::resolve::{Names, Resolver};

/// What every instance may use without asking beyond the memory that its modules begin with: more than a usual request needs,
/// and less than hashing a password does. What is beyond it is a part of what all have together, and whoever needs it goes on
/// in the lane.
const USUAL_GROWTH_BYTES: usize = 2 * 1024 * 1024;
/// A line that a component prints is cut into pieces of this size.
const MAX_LOG_LINE_BYTES: usize = 8 * 1024;

/// What a component of the manifest may use.
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) sqlite: Option<Arc<Database>>,
    pub(crate) key_value: Option<Arc<Database>>,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) resolver: Arc<Resolver>,
}

/// What one request cost, for tests and the benchmark.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) statements: AtomicU32,
    pub(crate) key_value: AtomicU32,
}

/// The state behind the imports of one instance.
pub(crate) struct State {
    pub(crate) component: Arc<Component>,
    pub(crate) table: ResourceTable,
    pub(crate) turn: Turn,
    pub(crate) counters: Arc<Counters>,
    /// What its look-ups gave, to which alone it connects.
    pub(crate) names: Names,
    pub(crate) seat: Arc<Seat>,
    /// What it may call at a time.
    pub(crate) calls: Calls,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    memory: MemoryLimit,
}

impl State {
    /// For one request to `component`, known as `request_id`, that ends at `deadline`.
    pub(crate) fn new(
        component: &Arc<Component>,
        request_id: &str,
        deadline: Instant,
        counters: Arc<Counters>,
        (seat, capacity): (&Arc<Seat>, &Capacity),
    ) -> Self {
        let output = GuestOutput::new(component);
        let wasi = WasiCtx::builder()
            .stdout(output.clone())
            .stderr(output)
            .envs(&component.environment)
            .allow_tcp(false)
            .allow_udp(false)
            .build();
        let names = Names::new(&component.resolver);
        let turn = Turn::new(deadline, seat.clone(), capacity.memory.clone());
        let calls = Calls::new(&component.outbound, seat.client(), &capacity.calls);
        let memory = MemoryLimit {
            used: 0,
            initial: 0,
            beyond: None,
            room: capacity.memory.clone(),
            answers: capacity.answers.clone(),
            seat: seat.clone(),
            writing: turn.writing.clone(),
            component: component.clone(),
            request_id: request_id.to_owned(),
        };
        Self {
            component: component.clone(),
            names: names.clone(),
            table: ResourceTable::new(),
            turn,
            counters,
            seat: seat.clone(),
            calls: calls.clone(),
            wasi,
            http: WasiHttpCtx::new(),
            hooks: Hooks { calls, names },
            memory,
        }
    }

    /// Says in the log what is to be done about a store that the component asked for and may not have.
    pub(crate) fn warn_of_undeclared(&self, what: &str, label: &str, setting: &str) {
        let name = &self.component.name;
        let remedy = if label == "default" {
            format!("add {label:?} to its {setting}")
        } else {
            "this host has only \"default\"".to_owned()
        };
        tracing::warn!("component {name:?} may not open the {what} {label:?}: {remedy}");
    }

    /// What wasmtime asks before memory grows.
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

/// Counts the memory of all modules of an instance together.
struct MemoryLimit {
    used: usize,
    /// What its modules began with.
    initial: usize,
    /// What it has, in MiB, of the room that all have together, beyond what each may use.
    beyond: Option<Taken>,
    room: Arc<Room>,
    /// The room for answers that wait to be read.
    answers: Arc<Room>,
    seat: Arc<Seat>,
    writing: Writing,
    /// Whose instance it is, and what for.
    component: Arc<Component>,
    request_id: String,
}

/// There is more to do than there is room for. It ends the instance, and with it its transaction.
#[derive(Debug)]
pub(crate) struct TooMuch(&'static str);

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for TooMuch {}

impl MemoryLimit {
    /// Sees that `used` bytes are there. Memory itself is never waited for: who has some and waits for more might wait for
    /// somebody who does the same. The lane is, before anything of it is taken, but not by an instance that others wait for.
    async fn make_room(&mut self, used: usize) -> Result<(), TooMuch> {
        let usual = self.initial + USUAL_GROWTH_BYTES;
        let beyond = used.saturating_sub(usual).div_ceil(1024 * 1024);
        if beyond == 0 {
            return Ok(());
        }
        if self.writing.since().is_none() {
            // Much memory makes large answers, for which there will hardly be room: this is known before the work is done.
            if self.beyond.is_none() && self.answers.is_nearly_full_for(self.seat.client()) {
                return Err(TooMuch("too many large answers that are not read"));
            }
            let entered = self.seat.enter_lane().await;
            entered.map_err(|_| TooMuch("too many requests that need much memory"))?;
        }
        let has_room = match &mut self.beyond {
            Some(taken) => taken.grow_to(beyond),
            none => {
                *none = self.room.take(self.seat.client(), beyond);
                none.is_some()
            }
        };
        if has_room { Ok(()) } else { Err(TooMuch("too little memory for all requests")) }
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
        self.make_room(used).await?;
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

/// Standard output and error of an instance: each line goes to the host's standard error after the
/// component's name.
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
        // What a component prints may come from outside: keep it from steering a terminal or faking
        // lines.
        let safe: String = text
            .chars()
            .flat_map(|c| {
                if c.is_control() && c != '\t' { c.escape_default().collect() } else { vec![c] }
            })
            .collect();
        // Nobody to tell if standard error is closed.
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
        // Only WASI 0.3 asks for this one, which is not linked.
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
