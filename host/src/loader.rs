//! Loads the code of components while requests are served already. Code that was compiled before is found, the rest is compiled;
//! a component that a request waits for is next.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use anyhow::{Context, Result};
use tokio::sync::{SetOnce, oneshot};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use crate::compose::{Located, Parts};
use crate::engine::{self, Compiler};
use crate::instance::{Component, State};

/// A component that a trigger names.
pub(crate) struct Served {
    pub(crate) component: Arc<Component>,
    parts: Parts<Located>,
    /// Whether a request waits for it.
    is_wanted: AtomicBool,
    /// What its instances are made of, once it is loaded.
    instances: SetOnce<ProxyPre<State>>,
}

impl Served {
    /// A component that is not loaded yet.
    pub(crate) fn new(component: Arc<Component>, parts: Parts<Located>) -> Arc<Self> {
        let is_wanted = AtomicBool::new(false);
        Arc::new(Self { component, parts, is_wanted, instances: SetOnce::new() })
    }

    /// Whether instances need not wait.
    pub(crate) fn is_loaded(&self) -> bool {
        self.instances.initialized()
    }

    /// It is loaded.
    fn is_made_of(&self, instances: ProxyPre<State>) {
        // It is loaded once.
        let _ = self.instances.set(instances);
    }
}

/// Loads components in the background.
pub(crate) struct Loader {
    compiler: Compiler,
    state: Mutex<LoaderState>,
}

/// How far it is.
struct LoaderState {
    /// Those whose code was not looked for yet.
    to_find: VecDeque<Arc<Served>>,
    /// The threads that look for code.
    finders: usize,
    /// Those that have none, with the bytes of their parts: what takes less time is first.
    to_compile: VecDeque<(usize, Arc<Served>)>,
    /// The files of the cache that are used.
    in_use: Vec<String>,
}

/// Tells why a component cannot be loaded, if one cannot.
pub(crate) type Failure = oneshot::Receiver<anyhow::Error>;

impl Loader {
    /// Begins to load `components`, in that order. `progress` is called with the name of each that is compiled.
    pub(crate) fn start(
        compiler: Compiler,
        components: impl IntoIterator<Item = Arc<Served>>,
        progress: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<(Arc<Self>, Failure)> {
        let finders = available_parallelism().map_or(1, usize::from);
        let state = LoaderState {
            to_find: components.into_iter().collect(),
            finders,
            to_compile: VecDeque::new(),
            in_use: Vec::new(),
        };
        let loader = Arc::new(Self { compiler, state: Mutex::new(state) });
        let (failed, failure) = oneshot::channel();
        let shared = Arc::new((Mutex::new(Some(failed)), progress));
        for _ in 0..finders {
            let (loader, shared) = (loader.clone(), shared.clone());
            std::thread::Builder::new().name("loader".to_owned()).spawn(move || {
                let (failed, progress) = &*shared;
                if let Err(error) = loader.load(progress)
                    && let Some(failed) = failed.lock().ok().and_then(|mut failed| failed.take())
                {
                    // Where nobody waits for it any more, the host has stopped.
                    let _ = failed.send(error);
                }
            })?;
        }
        Ok((loader, failure))
    }

    /// What instances of `served` are made of: waits until it is loaded, which is next.
    pub(crate) async fn instances<'a>(&self, served: &'a Arc<Served>) -> &'a ProxyPre<State> {
        if let Some(loaded) = served.instances.get() {
            return loaded;
        }
        self.state().advance(served);
        served.instances.wait().await
    }

    /// Loads one component after the other. All threads look for code; the last of them compiles what has none, one at a time, since
    /// wasmtime compiles the functions of one on all processors.
    fn load(&self, progress: &impl Fn(&str)) -> Result<()> {
        while let Some(served) = self.next_to_find() {
            self.find(&served).with_context(|| naming(&served.component.name))?;
        }
        if !self.state().is_last_finder() {
            return Ok(());
        }
        while let Some(served) = self.next_to_compile() {
            progress(&served.component.name);
            self.compile(&served).with_context(|| naming(&served.component.name))?;
        }
        engine::prune_cache(&self.compiler.cache, &self.state().in_use);
        tracing::info!("all components are loaded");
        Ok(())
    }

    /// Takes the code of an earlier start, if there is some.
    fn find(&self, served: &Arc<Served>) -> Result<()> {
        let parts = served.parts.read()?;
        let name = self.compiler.cache_name(&parts);
        let found = self.compiler.find(&name);
        if let Some(component) = &found {
            served.is_made_of(self.compiler.prepare(component)?);
        }
        let mut state = self.state();
        state.in_use.push(name);
        if found.is_none() {
            state.compile_later(parts.size(), served.clone());
        }
        Ok(())
    }

    fn compile(&self, served: &Served) -> Result<()> {
        let component = self.compiler.compile(&served.parts.read()?)?;
        served.is_made_of(self.compiler.prepare(&component)?);
        Ok(())
    }

    fn next_to_find(&self) -> Option<Arc<Served>> {
        self.state().to_find.pop_front()
    }

    fn next_to_compile(&self) -> Option<Arc<Served>> {
        self.state().to_compile.pop_front().map(|(_, served)| served)
    }

    fn state(&self) -> MutexGuard<'_, LoaderState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoaderState {
    /// Whether no other thread looks for code any more. Each asks once.
    fn is_last_finder(&mut self) -> bool {
        self.finders -= 1;
        self.finders == 0
    }

    fn compile_later(&mut self, size: usize, served: Arc<Served>) {
        let size = if served.is_wanted.load(Ordering::Relaxed) { 0 } else { size };
        let place = self.to_compile.partition_point(|(other, _)| *other <= size);
        self.to_compile.insert(place, (size, served));
    }

    /// Puts `served` before all that nobody waits for, unless it was begun.
    fn advance(&mut self, served: &Arc<Served>) {
        served.is_wanted.store(true, Ordering::Relaxed);
        if let Some(place) = self.to_find.iter().position(|other| Arc::ptr_eq(other, served)) {
            self.to_find.swap(0, place);
        }
        let place = self.to_compile.iter().position(|(_, other)| Arc::ptr_eq(other, served));
        if let Some((_, first)) = place.and_then(|place| self.to_compile.remove(place)) {
            self.compile_later(0, first);
        }
    }
}

/// How errors name a component.
pub(crate) fn naming(component: &str) -> String {
    format!("component {component:?}")
}
