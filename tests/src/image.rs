//! Images to push, as directories in OCI's layout, and skopeo, which pushes and pulls them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::host::new_directory;
use crate::packages;

/// What is named by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// `sha256:…`.
    pub digest: String,
    /// In bytes.
    pub size: usize,
}

impl Descriptor {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { digest: format!("sha256:{:x}", Sha256::digest(bytes)), size: bytes.len() }
    }

    /// As manifests write it.
    #[must_use]
    pub fn written(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.size })
    }
}

/// An image with one layer, in a directory of its own.
pub struct Image {
    directory: TempDir,
    /// Its manifest.
    pub manifest: Descriptor,
    /// Its configuration.
    pub config: Descriptor,
    /// Its layer.
    pub layer: Descriptor,
}

impl Image {
    /// An image whose layer has these bytes: nobody looks into it, so that it need not be an archive.
    ///
    /// # Panics
    /// When the directory cannot be written to.
    #[must_use]
    pub fn of(layer: &[u8]) -> Self {
        let directory = new_directory();
        let blobs = directory.path().join("blobs/sha256");
        fs::create_dir_all(&blobs).expect("the directory is ours");
        let layer = write(&blobs, layer);
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": { "type": "layers", "diff_ids": [layer.digest] },
        });
        let config = write(&blobs, config.to_string().as_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config.written("application/vnd.oci.image.config.v1+json"),
            "layers": [layer.written("application/vnd.oci.image.layer.v1.tar")],
        });
        let manifest = write(&blobs, manifest.to_string().as_bytes());
        let mut entry = manifest.written("application/vnd.oci.image.manifest.v1+json");
        entry["annotations"] = json!({ "org.opencontainers.image.ref.name": "latest" });
        let index = json!({ "schemaVersion": 2, "manifests": [entry] }).to_string();
        fs::write(directory.path().join("index.json"), index).expect("the directory is ours");
        let layout = r#"{"imageLayoutVersion":"1.0.0"}"#;
        fs::write(directory.path().join("oci-layout"), layout).expect("the directory is ours");
        Self { directory, manifest, config, layer }
    }

    /// Its name for skopeo.
    #[must_use]
    pub fn name(&self) -> String {
        format!("oci:{}:latest", self.directory.path().display())
    }
}

fn write(blobs: &Path, bytes: &[u8]) -> Descriptor {
    let descriptor = Descriptor::of(bytes);
    let name = descriptor.digest.trim_start_matches("sha256:");
    fs::write(blobs.join(name), bytes).expect("the directory is ours");
    descriptor
}

/// Debian's skopeo, with a configuration of its own.
pub struct Skopeo {
    directory: TempDir,
    /// A file with the one authority that it trusts, where it is not the system's.
    authority: Option<PathBuf>,
}

impl Default for Skopeo {
    fn default() -> Self {
        Self::new()
    }
}

impl Skopeo {
    /// One that trusts every image.
    ///
    /// # Panics
    /// When the directory cannot be written to.
    #[must_use]
    pub fn new() -> Self {
        let directory = new_directory();
        let write = |name: &str, text: &str| {
            fs::write(directory.path().join(name), text).expect("the directory is ours");
        };
        write("policy.json", r#"{"default":[{"type":"insecureAcceptAnything"}]}"#);
        write("registries.conf", "");
        fs::create_dir(directory.path().join("registries.d")).expect("the directory is ours");
        Self { directory, authority: None }
    }

    /// The same, but it trusts servers that have that certificate, and no others.
    ///
    /// # Panics
    /// As [`Self::new`].
    #[must_use]
    pub fn trusting(certificate: &Path) -> Self {
        Self { authority: Some(certificate.to_owned()), ..Self::new() }
    }

    /// Runs a command.
    ///
    /// # Panics
    /// When there is no skopeo.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        let path = |name: &str| self.directory.path().join(name);
        let mut command = packages::command("skopeo", "skopeo");
        let home = self.directory.path();
        command.env("XDG_RUNTIME_DIR", home).env("HOME", home);
        if let Some(authority) = &self.authority {
            command.env("SSL_CERT_FILE", authority);
        }
        // Where signing in keeps what it was given.
        command.env("REGISTRY_AUTH_FILE", path("auth.json"));
        command.arg("--policy").arg(path("policy.json"));
        command.arg("--registries-conf").arg(path("registries.conf"));
        command.arg("--registries.d").arg(path("registries.d"));
        command.args(arguments).output().expect("skopeo can be run")
    }

    /// Pushes an image, with `user:password`.
    #[must_use]
    pub fn push(&self, image: &Image, to: &str, credentials: &str) -> Output {
        let to = format!("docker://{to}");
        let plain = "--dest-tls-verify=false";
        self.run(&[
            "copy",
            "--preserve-digests",
            plain,
            "--dest-creds",
            credentials,
            &image.name(),
            &to,
        ])
    }

    /// Pulls an image into a directory that is gone afterwards, with `user:password`.
    #[must_use]
    pub fn pull(&self, from: &str, credentials: &str) -> Output {
        let (from, directory) = (format!("docker://{from}"), new_directory());
        let to = format!("oci:{}:latest", directory.path().display());
        self.run(&["copy", "--src-tls-verify=false", "--src-creds", credentials, &from, &to])
    }
}
