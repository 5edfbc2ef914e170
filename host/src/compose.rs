//! From the files that a manifest names to one component that wasmtime can run: a core module
//! becomes a component (with the adapter from WASI preview 1), and its dependencies are plugged
//! into its imports. No compiling: that is `engine`'s.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use sha2::{Digest, Sha256};
use wac_graph::types::{Package, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Validator, WasmFeatures};
use wit_component::ComponentEncoder;

use crate::manifest::{self, Capability, DependencySource, Inherit, Manifest};

/// Raised whenever [`Parts::compose`] makes other bytes of the same parts, so that no compiled code
/// of before is used: with changes of this file, and with each new version of `wit-component` and
/// `wac-graph`, which compose. (The adapter is part of the hash.)
const COMPOSITION_VERSION: &str = concat!("berth ", env!("CARGO_PKG_VERSION"), " composition 1");

/// A component of the manifest and its dependencies: where their files are ([`Located`]), or what is in them ([`WasmFile`]).
pub(crate) struct Parts<F> {
    main: F,
    dependencies: Vec<Dependency<F>>,
    has_environment: bool,
}

struct Dependency<F> {
    /// As the manifest names it: `berth:outbound/mailer`, or `berth:outbound` for all interfaces of
    /// the package.
    name: String,
    export: Option<String>,
    inherit: Inherit,
    wasm: F,
}

impl Parts<Located> {
    /// The parts of component `name`, whose files are there.
    pub(crate) fn locate(manifest: &Manifest, name: &str) -> Result<Self> {
        let component = manifest
            .components
            .get(name)
            .with_context(|| format!("there is no [component.{name}]"))?;
        let locate = |(name, dependency): (&String, &manifest::Dependency)| {
            let path = dependency_path(manifest, dependency)
                .with_context(|| format!("dependency {name:?}"))?;
            Ok(Dependency {
                name: name.clone(),
                export: dependency.export.clone(),
                inherit: component.inherited_by(dependency),
                wasm: Located::new(path)?,
            })
        };
        Ok(Self {
            main: Located::new(manifest.directory.join(component.source.path()))?,
            dependencies: component.dependencies.iter().map(locate).collect::<Result<_>>()?,
            has_environment: !component.environment.is_empty(),
        })
    }

    /// Reads the files.
    pub(crate) fn read(&self) -> Result<Parts<WasmFile>> {
        let read = |dependency: &Dependency<Located>| {
            Ok(Dependency {
                name: dependency.name.clone(),
                export: dependency.export.clone(),
                inherit: dependency.inherit.clone(),
                wasm: dependency.wasm.read()?,
            })
        };
        Ok(Parts {
            main: self.main.read()?,
            dependencies: self.dependencies.iter().map(read).collect::<Result<_>>()?,
            has_environment: self.has_environment,
        })
    }
}

impl Parts<WasmFile> {
    /// How large the files are together, in bytes.
    pub(crate) fn size(&self) -> usize {
        let dependencies = self.dependencies.iter().map(|dependency| dependency.wasm.bytes.len());
        self.main.bytes.len() + dependencies.sum::<usize>()
    }

    /// Tells these parts, and what would be made of them, from all others.
    pub(crate) fn digest(&self) -> Sha256 {
        let mut digest = Sha256::new();
        let mut add = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        add(COMPOSITION_VERSION.as_bytes());
        add(WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
        add(&self.main.bytes);
        add(&[u8::from(self.has_environment)]);
        for dependency in &self.dependencies {
            add(format!("{:?} {:?} {:?}", dependency.name, dependency.export, dependency.inherit)
                .as_bytes());
            add(&dependency.wasm.bytes);
        }
        digest
    }

    /// Makes the component.
    pub(crate) fn compose(&self) -> Result<Vec<u8>> {
        let main = self.main.componentize()?;
        if self.dependencies.is_empty() {
            return Ok(main);
        }
        let mut composition = Composition::new(main)?;
        for dependency in &self.dependencies {
            composition
                .plug(dependency, self.has_environment)
                .with_context(|| format!("dependency {:?}", dependency.name))?;
        }
        composition.finish()
    }
}

fn dependency_path(manifest: &Manifest, dependency: &manifest::Dependency) -> Result<PathBuf> {
    let path = match dependency.source()? {
        DependencySource::Path(path) => path,
        DependencySource::Component(name) => {
            let component = manifest
                .components
                .get(name)
                .with_context(|| format!("there is no [component.{name}]"))?;
            ensure!(
                component.dependencies.is_empty(),
                "component {name:?} has dependencies itself: not supported"
            );
            component.source.path()
        }
    };
    Ok(manifest.directory.join(path))
}

/// A file that is there.
pub(crate) struct Located(PathBuf);

impl Located {
    fn new(path: PathBuf) -> Result<Self> {
        std::fs::File::open(&path).with_context(|| cannot_read(&path))?;
        Ok(Self(path))
    }

    fn read(&self) -> Result<WasmFile> {
        let bytes = std::fs::read(&self.0).with_context(|| cannot_read(&self.0))?;
        Ok(WasmFile { path: self.0.clone(), bytes })
    }
}

fn cannot_read(path: &Path) -> String {
    format!(
        "cannot read {}: build the components first (`cargo xtask build` or `spin build`)",
        path.display()
    )
}

/// A file with a module or a component.
pub(crate) struct WasmFile {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl WasmFile {
    /// The component in it. Damaged files are found here: later steps assume valid input.
    fn componentize(&self) -> Result<Vec<u8>> {
        Validator::new_with_features(WasmFeatures::all())
            .validate_all(&self.bytes)
            .map_err(anyhow::Error::from)
            .and_then(|_| componentize(&self.bytes))
            .with_context(|| format!("cannot use {}", self.path.display()))
    }
}

/// A core module becomes a component; a component stays as it is.
fn componentize(wasm: &[u8]) -> Result<Vec<u8>> {
    // After the magic number come a 16-bit version and a 16-bit layer: 0 for modules, 1 for
    // components.
    if wasm.get(6..8) == Some(&[1, 0]) {
        return Ok(wasm.to_vec());
    }
    ComponentEncoder::default()
        .module(wasm)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)?
        .encode()
        .context("cannot make a component of the module")
}

/// A component being plugged together.
struct Composition {
    graph: CompositionGraph,
    main: PackageId,
    instance: NodeId,
    plugged: usize,
}

impl Composition {
    fn new(main: Vec<u8>) -> Result<Self> {
        let mut graph = CompositionGraph::new();
        let package = Package::from_bytes("berth:main", None, main, graph.types_mut())?;
        let main = graph.register_package(package)?;
        let instance = graph.instantiate(main);
        Ok(Self { graph, main, instance, plugged: 0 })
    }

    /// Connects the imports that `dependency` is declared for with its exports.
    fn plug(&mut self, dependency: &Dependency<WasmFile>, has_environment: bool) -> Result<()> {
        let name = format!("berth:dependency{}", self.plugged);
        let wasm = dependency.wasm.componentize()?;
        let package = Package::from_bytes(&name, None, wasm, self.graph.types_mut())?;
        let package = self.graph.register_package(package)?;
        self.check_capabilities(package, dependency, has_environment)?;
        let imports: Vec<_> =
            self.imports(self.main).filter(|import| covers(&dependency.name, import)).collect();
        ensure!(!imports.is_empty(), "the component imports nothing of that name");
        let provider = self.graph.instantiate(package);
        for import in imports {
            let export = self.export_for(package, &import, dependency.export.as_deref())?;
            let node = self.graph.alias_instance_export(provider, &export)?;
            self.graph.set_instantiation_argument(self.instance, &import, node)?;
        }
        self.plugged += 1;
        Ok(())
    }

    /// A dependency may only import what it inherits. Spin lets such an import fail when it is
    /// called; here it is refused at start, because it can only fail.
    fn check_capabilities(
        &self,
        package: PackageId,
        dependency: &Dependency<WasmFile>,
        has_environment: bool,
    ) -> Result<()> {
        for import in self.imports(package) {
            let Some(capability) = capability_of(&import) else { continue };
            let harmless = capability == Capability::Environment && !has_environment;
            if !harmless && !dependency.inherit.includes(capability) {
                let setting = capability.name();
                bail!(
                    "it imports {import}, which it does not inherit: add {setting:?} to its inherit_configuration"
                );
            }
        }
        Ok(())
    }

    fn imports(&self, package: PackageId) -> impl Iterator<Item = String> + '_ {
        self.graph.types()[self.graph[package].ty()].imports.keys().cloned()
    }

    fn export_for(&self, package: PackageId, import: &str, wanted: Option<&str>) -> Result<String> {
        let exports = &self.graph.types()[self.graph[package].ty()].exports;
        let wanted = wanted.unwrap_or(import);
        let fits = |export: &&String| *export == wanted || are_semver_compatible(export, wanted);
        exports.keys().find(fits).cloned().ok_or_else(|| {
            anyhow!("it does not export {wanted:?}, only {:?}", exports.keys().collect::<Vec<_>>())
        })
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        let exports: Vec<_> =
            self.graph.types()[self.graph[self.main].ty()].exports.keys().cloned().collect();
        for name in exports {
            let export = self.graph.alias_instance_export(self.instance, &name)?;
            self.graph.export(export, &name)?;
        }
        Ok(self.graph.encode(EncodeOptions::default())?)
    }
}

/// Whether the dependency declared as `name` is meant for `import`, whatever the version if `name`
/// has none.
fn covers(name: &str, import: &str) -> bool {
    let (import_name, import_version) =
        import.split_once('@').map_or((import, None), |(name, version)| (name, Some(version)));
    let (name, version) =
        name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)));
    let same_name = import_name == name
        || import_name.split_once('/').is_some_and(|(package, _)| package == name);
    same_name && (version.is_none() || version == import_version)
}

/// The setting of a component that grants `import`, if any does.
fn capability_of(import: &str) -> Option<Capability> {
    match import.split_once('@').map_or(import, |(name, _)| name) {
        "wasi:http/outgoing-handler" | "wasi:sockets/ip-name-lookup" => {
            Some(Capability::AllowedOutboundHosts)
        }
        "wasi:cli/environment" => Some(Capability::Environment),
        "fermyon:spin/key-value" => Some(Capability::KeyValueStores),
        "fermyon:spin/sqlite" => Some(Capability::SqliteDatabases),
        "fermyon:spin/variables" => Some(Capability::Variables),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_covers_an_interface_or_a_package_of_any_or_one_version() {
        assert!(covers("berth:outbound/mailer", "berth:outbound/mailer@0.1.0"));
        assert!(covers("berth:outbound/mailer@0.1.0", "berth:outbound/mailer@0.1.0"));
        assert!(covers("berth:outbound", "berth:outbound/mailer@0.1.0"));
        assert!(!covers("berth:outbound/mailer@0.2.0", "berth:outbound/mailer@0.1.0"));
        assert!(!covers("berth:outbound/mailer", "berth:outbound/registry@0.1.0"));
        assert!(!covers("berth:out", "berth:outbound/registry@0.1.0"));
    }

    #[test]
    fn what_is_no_wasm_is_refused_by_name() {
        let file = WasmFile { path: "some.wasm".into(), bytes: b"#!/bin/sh".to_vec() };
        let error = format!("{:#}", file.componentize().unwrap_err());
        assert!(error.starts_with("cannot use some.wasm: ") && error.contains("magic"), "{error}");
    }
}
