//! The wasmtime engine: its configuration, what components may import, and compiling with a cache of compiled code on disk.

use std::fs::File;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use sha2::{Digest, Sha256};
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, filesystem, random, sockets};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use crate::bindings::fermyon::spin;
use crate::bindings::wasi::sockets::ip_name_lookup;
use crate::capacity::{MAX_MEMORY_BYTES, MAX_TABLE_ELEMENTS};
use crate::compose::{Parts, WasmFile};
use crate::instance::State;

/// How often a running instance yields to others, and checks its deadline.
const EPOCH: Duration = Duration::from_millis(10);
/// Core modules in one component: itself and its dependencies, each with its adapter and two shims.
const MAX_MODULES: u32 = 32;
/// Linear memories and tables likewise.
const MAX_MEMORIES: u32 = 8;
const MAX_TABLES: u32 = 24;

/// Makes the engine for at most `instances` at a time, and starts the thread that increments its epoch.
pub(crate) fn start(instances: u32) -> Result<Engine> {
    // Older kernels cannot tell which pages were written.
    let engine = Engine::new(&config(instances, Reset::WrittenPages))
        .or_else(|_| Engine::new(&config(instances, Reset::EveryPage)))
        .map_err(from_wasmtime)?;
    let ticking = engine.weak();
    std::thread::Builder::new().name("epoch".to_owned()).spawn(move || {
        while let Some(engine) = ticking.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(EPOCH);
        }
    })?;
    Ok(engine)
}

/// How the memory of an instance is reset for the next one. Pages that stay mapped cost no page faults then.
#[derive(Clone, Copy)]
enum Reset {
    /// Writes back only what was written, as Linux can tell since 6.7.
    WrittenPages,
    /// Writes back a first part, and gives the rest back to the system.
    EveryPage,
}

fn config(instances: u32, reset: Reset) -> Config {
    let (scan, resident_bytes) = match reset {
        Reset::WrittenPages => (Enabled::Yes, 256 * 1024),
        Reset::EveryPage => (Enabled::No, 256 * 1024),
    };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances * MAX_MODULES)
        .total_memories(instances * MAX_MEMORIES)
        .total_tables(instances * MAX_TABLES)
        .total_stacks(instances)
        .max_core_instances_per_component(MAX_MODULES)
        .max_memories_per_component(MAX_MEMORIES)
        .max_tables_per_component(MAX_TABLES)
        .max_memory_size(MAX_MEMORY_BYTES)
        .table_elements(MAX_TABLE_ELEMENTS)
        .pagemap_scan(scan)
        .linear_memory_keep_resident(resident_bytes)
        .table_keep_resident(64 * 1024)
        .async_stack_keep_resident(64 * 1024)
        .max_unused_warm_slots(32);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        // WASI 0.2 has no concurrent calls within a component; a store without what they need is cheaper to make.
        .concurrency_support(false)
        // Components are stripped, so a trace would be a list of numbers. They print panics themselves.
        .wasm_backtrace_max_frames(None)
        // The map from code to Wasm offsets is a third of the compiled code and only serves
        // debuggers.
        .generate_address_map(false);
    config
}

/// Links everything that a component may import. What it may do with it is decided per component,
/// behind the import.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    add_wasi(&mut linker).map_err(from_wasmtime)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).map_err(from_wasmtime)?;
    add_spin(&mut linker).map_err(from_wasmtime)?;
    Ok(linker)
}

fn add_spin(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    spin::sqlite::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    spin::key_value::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    spin::variables::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    ip_name_lookup::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

/// WASI 0.2 but for `ip-name-lookup`, which is `resolve`'s. Files and sockets are there, since a
/// module may import them through its adapter, but no directory is open and no address is allowed.
fn add_wasi(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    // Streams, clocks, random numbers, standard input and output.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, State::random)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, State::random)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    sockets::instance_network::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::network::add_to_linker::<_, WasiSockets>(
        linker,
        &sockets::network::LinkOptions::default(),
        State::sockets,
    )?;
    sockets::tcp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(linker, State::sockets)
}

/// Compiles components, or finds the code of an earlier start in `cache`.
///
/// Beside a file of code is one with its digest. wasmtime checks that code was made by its own
/// version and settings, but trusts the code itself, so a file that does not agree with its digest
/// is made anew.
pub(crate) struct Compiler {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<State>,
    pub(crate) cache: PathBuf,
}

impl Compiler {
    /// Compiles the component of `parts`, and stores its code.
    pub(crate) fn compile(&self, parts: &Parts<WasmFile>) -> Result<Component> {
        let component = Component::new(&self.engine, parts.compose()?).map_err(from_wasmtime)?;
        let code = component.serialize().map_err(from_wasmtime)?;
        let path = self.cache.join(self.cache_name(parts));
        replace_file(&digest_path(&path), digest_of(&code).as_bytes())?;
        replace_file(&path, &code)?;
        Ok(component)
    }

    /// Makes a component ready to be instantiated.
    pub(crate) fn prepare(&self, component: &Component) -> Result<ProxyPre<State>> {
        let instance = self.linker.instantiate_pre(component).map_err(from_wasmtime)?;
        ProxyPre::new(instance)
            .map_err(from_wasmtime)
            .context("it has an HTTP trigger, so it must export wasi:http/incoming-handler@0.2")
    }

    /// The name of its file in the cache.
    pub(crate) fn cache_name(&self, parts: &Parts<WasmFile>) -> String {
        let mut digest = parts.digest();
        let mut settings = HashInto(&mut digest);
        self.engine.precompile_compatibility_hash().hash(&mut settings);
        format!("{:x}.cwasm", digest.finalize())
    }

    /// The component whose file in the cache has that name, if it was compiled before.
    pub(crate) fn find(&self, name: &str) -> Option<Component> {
        let path = self.cache.join(name);
        // Piece by piece: code that is read whole would be most of the host's memory.
        let (mut digest, mut code) = (Sha256::new(), File::open(&path).ok()?);
        std::io::copy(&mut code, &mut digest).ok()?;
        let digest = format!("{:x}", digest.finalize());
        if std::fs::read_to_string(digest_path(&path)).ok()? != digest {
            tracing::warn!("{} is damaged and made anew", path.display());
            return None;
        }
        // SAFETY: the file is code that this program wrote, by its digest; it is mapped, so it must
        // not change while we run: the directory belongs to the operator, and `compile` replaces
        // files by renaming, never in place.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize_file(&self.engine, &path) };
        component
            .inspect_err(|error| tracing::warn!("{} is made anew: {error:#}", path.display()))
            .ok()
    }
}

/// How long a file that is being written is left alone: another host may share the cache.
const WRITING: Duration = Duration::from_secs(3600);

/// Removes the code of earlier starts that this one does not use from `cache`. A file that cannot be removed is no error.
pub(crate) fn prune_cache(cache: &Path, in_use: &[String]) {
    let pruned = std::fs::read_dir(cache).and_then(|entries| {
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !in_use.iter().any(|used| name.starts_with(used)) && !is_being_written(&path) {
                remove(&path)?;
            }
        }
        Ok(())
    });
    if let Err(error) = pruned {
        tracing::warn!("cannot tidy up {}: {error}", cache.display());
    }
}

fn is_being_written(path: &Path) -> bool {
    let modified = || path.metadata().and_then(|metadata| metadata.modified()).ok();
    path.extension().is_some_and(|extension| extension == "new")
        && modified().is_some_and(|at| at.elapsed().is_ok_and(|age| age < WRITING))
}

/// Removes a file, which may be removed already.
fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn digest_path(code: &Path) -> PathBuf {
    code.with_extension("cwasm.sha256")
}

fn digest_of(code: &[u8]) -> String {
    format!("{:x}", Sha256::digest(code))
}

fn replace_file(path: &Path, content: &[u8]) -> Result<()> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let written = std::fs::write(&new, content).and_then(|()| std::fs::rename(&new, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Feeds the hashed values to a digest that stays the same from one process to the next.
struct HashInto<'a>(&'a mut Sha256);

impl Hasher for HashInto<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// wasmtime has an error type of its own.
pub(crate) fn from_wasmtime(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn what_another_host_is_writing_is_not_pruned() {
        let cache = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - 2 * WRITING;
        for (name, modified) in [
            ("used.cwasm", old),
            ("used.cwasm.sha256", old),
            ("foreign.cwasm", SystemTime::now()),
            ("begun.1.new", SystemTime::now()),
            ("left.1.new", old),
        ] {
            File::create(cache.path().join(name)).unwrap().set_modified(modified).unwrap();
        }
        prune_cache(cache.path(), &["used.cwasm".to_owned()]);
        let left = std::fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, ["begun.1.new", "used.cwasm", "used.cwasm.sha256"]);
    }

    #[test]
    fn what_is_gone_already_need_not_be_removed() {
        let cache = tempfile::tempdir().unwrap();
        remove(&cache.path().join("gone")).unwrap();
        prune_cache(&cache.path().join("gone"), &[]);
    }
}
