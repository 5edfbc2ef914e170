//! In place of the registry behind, over TCP: every repository has the tag `v1` of one image, and whatever is deleted is there again. Real
//! registries are in `tests/tests/tags.rs`.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::LazyLock;
use std::thread;

use sha2::{Digest as _, Sha256};

/// Its address, for `registry_url`. It ends with the process.
pub(super) static BEHIND: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || answer(&connection));
        }
    });
    format!("http://{address}")
});

const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;

/// Answers one request, and hangs up.
fn answer(mut connection: &TcpStream) -> Result<()> {
    let mut reader = BufReader::new(connection);
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first)?;
    while line.is_empty() || line != "\r\n" {
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
    let (status, content) = match method {
        "GET" if path.contains("/tags/list") => (200, r#"{"tags":["v1"]}"#),
        "GET" | "HEAD" if path.ends_with("/v1") || path.ends_with(&digest()) => (200, MANIFEST),
        "DELETE" => (202, ""),
        "PUT" => (201, ""),
        _ => (404, "{}"),
    };
    write!(
        connection,
        "HTTP/1.1 {status} \r\ncontent-type: application/vnd.oci.image.manifest.v1+json\r\n\
        docker-content-digest: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        digest(),
        content.len()
    )?;
    if method != "HEAD" {
        connection.write_all(content.as_bytes())?;
    }
    Ok(())
}

fn digest() -> String {
    Sha256::digest(MANIFEST).iter().fold(String::from("sha256:"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
