//! In place of the registry behind, over TCP: every repository has the tag `v1` of one image, behind each tag there is another one with an
//! image of its own, and what is deleted is there again. Real registries are in `tests/tests/tags.rs`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

use crate::image::Descriptor;

/// Its address, for `registry_url`. It ends with the process.
pub static BEHIND: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || answer(&connection));
        }
    });
    format!("http://{address}")
});

/// The manifests that were asked for by tag, by their digests.
static MANIFESTS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// The blob of every repository.
const BLOB: &str = "a layer";

/// What refers to any manifest: nothing.
const REFERRERS: &str = r#"{"schemaVersion":2,"manifests":[]}"#;

/// The manifest of the tag `v1`.
const FIRST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;

/// Answers one request, and hangs up.
fn answer(mut connection: &TcpStream) -> Result<()> {
    let mut reader = BufReader::new(connection);
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first)?;
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut kind = "application/vnd.oci.image.manifest.v1+json";
    let (status, content, more) = match method {
        "GET" if path.contains("/tags/list") => match path.split_once("&last=") {
            None => (200, r#"{"tags":["v1"]}"#.to_owned(), ""),
            Some((_, last)) => {
                (200, format!(r#"{{"tags":["{last}-next"]}}"#), "link: </>; rel=\"next\"\r\n")
            }
        },
        "GET" if path.contains("/referrers/") => {
            kind = "application/vnd.oci.image.index.v1+json";
            (200, REFERRERS.to_owned(), "")
        }
        "GET" | "HEAD" if path.ends_with(&format!("/blobs/{}", digest(BLOB))) => {
            kind = "application/octet-stream";
            (200, BLOB.to_owned(), "")
        }
        "GET" | "HEAD" => {
            let content = manifest(path.rsplit('/').next().unwrap_or_default());
            (if content.is_some() { 200 } else { 404 }, content.unwrap_or_default(), "")
        }
        "DELETE" => (202, String::new(), ""),
        "PUT" => (201, String::new(), ""),
        _ => (405, String::new(), ""),
    };
    write!(
        connection,
        "HTTP/1.1 {status} \r\ncontent-type: {kind}\r\n\
        docker-content-digest: {}\r\ncontent-length: {}\r\n{more}connection: close\r\n\r\n",
        digest(&content),
        content.len()
    )?;
    if method != "HEAD" {
        connection.write_all(content.as_bytes())?;
    }
    Ok(())
}

/// The manifest of a tag, or that of a digest if there is one.
fn manifest(reference: &str) -> Option<String> {
    let mut known = MANIFESTS.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(digest(FIRST)).or_insert_with(|| FIRST.to_owned());
    if reference.contains(':') {
        return known.get(reference).cloned();
    }
    let annotations = format!(r#""layers":[],"annotations":{{"tag":"{reference}"}}"#);
    let content = match reference {
        "v1" => FIRST.to_owned(),
        _ => FIRST.replace(r#""layers":[]"#, &annotations),
    };
    known.insert(digest(&content), content.clone());
    Some(content)
}

fn digest(content: &str) -> String {
    Descriptor::of(content.as_bytes()).digest
}
