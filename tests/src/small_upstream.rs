//! An upstream registry over TCP that does as a test says, also what none should. It notes what it is asked.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::image::Descriptor;

/// The media type of its images.
pub const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// The media type of its indexes.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// As registries do.
    Fine,
    /// It answers everything with a status and a header.
    Status(u16, &'static str),
    /// It hangs up.
    HangsUp,
    /// Blobs end half-way.
    BreaksOff,
    /// Blobs have other bytes.
    OtherBytes,
    /// Blobs have a byte more, by their length.
    OtherLength,
    /// Blobs are elsewhere.
    Redirects(String),
    /// Blobs come as slowly as that for each 64 KiB.
    Slow(Duration),
}

struct State {
    mode: Mode,
    manifests: HashMap<String, (&'static str, Vec<u8>)>,
    blobs: HashMap<String, Arc<Vec<u8>>>,
    requests: Vec<String>,
    authorizations: Vec<Option<String>>,
}

/// The registry.
#[derive(Clone)]
pub struct SmallUpstream {
    name: String,
    state: Arc<Mutex<State>>,
}

/// An image of it.
pub struct UpstreamImage {
    /// Its manifest.
    pub manifest: Descriptor,
    /// Its configuration.
    pub config: Descriptor,
    /// Its layer.
    pub layer: Descriptor,
}

impl Default for SmallUpstream {
    fn default() -> Self {
        Self::start()
    }
}

impl SmallUpstream {
    /// Starts an empty one, which serves for as long as the process runs.
    ///
    /// # Panics
    /// When loopback has no free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let name = listener.local_addr().expect("it is bound").to_string();
        let state = Arc::new(Mutex::new(State {
            mode: Mode::Fine,
            manifests: HashMap::new(),
            blobs: HashMap::new(),
            requests: Vec::new(),
            authorizations: Vec::new(),
        }));
        let served = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = served.clone();
                // A client that hangs up has what it wanted.
                thread::spawn(move || drop(answer(stream, &state)));
            }
        });
        Self { name, state }
    }

    /// `127.0.0.1:<port>`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From now on it does so.
    pub fn set(&self, mode: Mode) {
        self.lock().mode = mode;
    }

    /// Adds an image with one layer of these bytes, under a tag and its digest.
    #[must_use]
    pub fn add_image(&self, tag: &str, layer: &[u8]) -> UpstreamImage {
        let mut state = self.lock();
        let mut add = |bytes: &[u8]| {
            let described = Descriptor::of(bytes);
            state.blobs.insert(described.digest.clone(), Arc::new(bytes.to_vec()));
            described
        };
        let (config, layer) = (add(format!("{{\"of\":\"{tag}\"}}").as_bytes()), add(layer));
        let part = |of: &Descriptor| of.written("application/octet-stream");
        let manifest = json!({
            "schemaVersion": 2, "mediaType": IMAGE, "config": part(&config), "layers": [part(&layer)],
        });
        let manifest = add_manifest(&mut state, tag, IMAGE, manifest.to_string().as_bytes());
        UpstreamImage { manifest, config, layer }
    }

    /// Adds an index of manifests under a tag and its digest.
    #[must_use]
    pub fn add_index(&self, tag: &str, manifests: &[&Descriptor]) -> Descriptor {
        let manifests = manifests.iter().map(|of| of.written(IMAGE));
        let index = json!({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests.collect::<Vec<_>>(),
        });
        add_manifest(&mut self.lock(), tag, INDEX, index.to_string().as_bytes())
    }

    /// What it was asked since this was asked before: method and what is below the name of the repository.
    #[must_use]
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().requests)
    }

    /// What it was shown since this was asked before.
    #[must_use]
    pub fn take_authorizations(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.lock().authorizations)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add_manifest(state: &mut State, tag: &str, kind: &'static str, bytes: &[u8]) -> Descriptor {
    let described = Descriptor::of(bytes);
    for name in [tag, &described.digest] {
        state.manifests.insert(name.to_owned(), (kind, bytes.to_vec()));
    }
    described
}

fn answer(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut authorization = None;
    while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
        if let Some(value) = line.strip_prefix("authorization: ") {
            authorization = Some(value.to_owned());
        }
    }
    let (method, path) = request.split_once(' ').unwrap_or_default();
    let path = path.split([' ', '?']).next().unwrap_or_default();
    let at = ["/manifests/", "/blobs/"].iter().find_map(|word| path.rfind(word));
    let (resource, name) =
        path[at.unwrap_or_default()..].trim_start_matches('/').split_once('/').unwrap_or_default();
    let (mode, found) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(format!("{method} {resource}/{name}"));
        state.authorizations.push(authorization);
        let found = match resource {
            "manifests" => {
                let found = state.manifests.get(name);
                found.map(|(kind, bytes)| (*kind, name.to_owned(), Arc::new(bytes.clone())))
            }
            _ => {
                let found = state.blobs.get(name);
                found.map(|blob| ("application/octet-stream", name.to_owned(), blob.clone()))
            }
        };
        (state.mode.clone(), found)
    };
    send(stream, method == "HEAD", resource == "blobs", &mode, found)
}

fn send(
    mut stream: TcpStream,
    is_head: bool,
    is_blob: bool,
    mode: &Mode,
    found: Option<(&'static str, String, Arc<Vec<u8>>)>,
) -> std::io::Result<()> {
    let close = "connection: close\r\n\r\n";
    match (mode, found) {
        (Mode::HangsUp, _) => Ok(()),
        (Mode::Status(status, header), _) => {
            write!(stream, "HTTP/1.1 {status} So\r\n{header}\r\ncontent-length: 0\r\n{close}")
        }
        (_, None) => write!(stream, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n{close}"),
        (Mode::Redirects(to), _) if is_blob => {
            write!(
                stream,
                "HTTP/1.1 307 Elsewhere\r\nlocation: {to}\r\ncontent-length: 0\r\n{close}"
            )
        }
        (mode, Some((kind, name, bytes))) => {
            // A tag has the digest of its manifest; a large blob is not counted anew for each request.
            let digest = if name.contains(':') { name } else { Descriptor::of(&bytes).digest };
            let more = usize::from(is_blob && *mode == Mode::OtherLength);
            let length = bytes.len() + more;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
                docker-content-digest: {digest}\r\n{close}"
            )?;
            let other;
            let sent = match mode {
                _ if is_head => &[],
                Mode::BreaksOff if is_blob => &bytes[..bytes.len() / 2],
                Mode::OtherBytes if is_blob => {
                    other = vec![b'?'; bytes.len()];
                    &*other
                }
                _ => &bytes[..],
            };
            for piece in sent.chunks(64 * 1024) {
                if let Mode::Slow(pause) = mode {
                    thread::sleep(*pause);
                }
                stream.write_all(piece)?;
            }
            Ok(())
        }
    }
}
