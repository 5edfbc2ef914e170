//! The registry behind, as small as the script needs it: one image in every repository, whatever token is shown.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::LazyLock;
use std::thread;

use sha2::{Digest as _, Sha256};

/// The blob of every repository.
const BLOB: &str = "a layer";

/// The manifest of every repository.
const MANIFEST: &str = r#"{"schemaVersion":2}"#;

/// What refers to it.
const REFERRERS: &str = r#"{"schemaVersion":2,"manifests":[]}"#;

/// Where it serves for as long as the process runs.
pub(super) fn url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up has what it wanted.
                let _ = answer(stream);
            }
        });
        format!("http://{address}")
    });
    &URL
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let mut words = request.split(' ');
    let is_head = words.next() == Some("HEAD");
    let path = words.next().unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let blob = format!("/blobs/{}", digest(BLOB));
    let (status, kind, body) = if path.ends_with("/manifests/latest") {
        ("200 OK", "application/vnd.oci.image.manifest.v1+json", MANIFEST)
    } else if path.ends_with(&blob) {
        ("200 OK", "application/octet-stream", BLOB)
    } else if path.ends_with("/tags/list") {
        ("200 OK", "application/json", r#"{"tags":["latest"]}"#)
    } else if path.contains("/referrers/") {
        ("200 OK", "application/vnd.oci.image.index.v1+json", REFERRERS)
    } else {
        ("404 Not Found", "text/plain", "")
    };
    let sent = if is_head { "" } else { body };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\
        docker-content-digest: {}\r\nconnection: close\r\n\r\n{sent}",
        body.len(),
        digest(body)
    )
}

fn digest(text: &str) -> String {
    format!("sha256:{:x}", Sha256::digest(text))
}
