//! A mail gateway that keeps what it gets.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// A gateway. It takes mails until the test ends.
pub(crate) struct Gateway {
    address: String,
    mails: Receiver<Value>,
}

impl Gateway {
    /// One that listens.
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let (sender, mails) = channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut request = Vec::new();
                let mut piece = [0; 8192];
                let body = loop {
                    let read = stream.read(&mut piece).unwrap_or_default();
                    request.extend_from_slice(&piece[..read]);
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
                    let whole = body.as_deref().and_then(|body| serde_json::from_str(body).ok());
                    if whole.is_some() || read == 0 {
                        break whole;
                    }
                };
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                );
                if body.is_some_and(|body| sender.send(body).is_err()) {
                    return;
                }
            }
        });
        Self { address, mails }
    }

    /// Its address, for the setting.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/send", self.address)
    }

    /// The link in the next mail to an address.
    ///
    /// # Panics
    /// When no such mail comes, or it has no link.
    pub(crate) fn link_to(&self, address: &str) -> String {
        loop {
            let mail = self.mails.recv_timeout(Duration::from_secs(30)).expect("a mail");
            let text = mail.to_string();
            if !text.contains(address) {
                continue;
            }
            let start = text.find("http://").unwrap_or_else(|| panic!("no link in {text}"));
            let link = &text[start..];
            let end = link
                .find(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\\' | '<'));
            return link[..end.unwrap_or(link.len())].to_owned();
        }
    }
}
