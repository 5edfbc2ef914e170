//! Where a libSQL server is.

use std::net::IpAddr;

use berth_net::is_public;

use crate::destination::is_private_name;

/// The address for requests over HTTP, without a slash at its end. `None`: `text` is none, or has what does not belong there
/// (a user, a query: tokens have a setting of their own), or the token would go over the Internet in the clear.
///
/// By hand: the crate `url` would make every component a tenth larger.
pub(crate) fn normalize(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let rest = rest.trim_end_matches('/');
    let authority = rest.split('/').next()?;
    let usable = |byte: u8| byte.is_ascii_graphic() && !b"?#@\\\"<>".contains(&byte);
    if !rest.bytes().all(usable) {
        return None;
    }
    let host = host_of(authority)?;
    match scheme {
        "https" | "libsql" => Some(format!("https://{rest}")),
        "http" if is_private(host) => Some(format!("http://{rest}")),
        _ => None,
    }
}

/// The host of `host:port`; an IPv6 address without its brackets.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (address, port.strip_prefix(':').or(port.is_empty().then_some("0"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "0")),
    };
    port.parse::<u16>().ok()?;
    (!host.is_empty()).then_some(host)
}

/// Whether a host is in this machine or in a private network. A name without a dot leads nowhere outside.
fn is_private(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => !is_public(address),
        Err(_) => !host.contains('.') || is_private_name(&host.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_a_server_is_usable() {
        for (text, url) in [
            ("https://db.example.com", "https://db.example.com"),
            ("https://db.example.com:8443/", "https://db.example.com:8443"),
            ("https://example.com/db/one/", "https://example.com/db/one"),
            ("libsql://berth-acme.turso.io", "https://berth-acme.turso.io"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[fd00::1]", "http://[fd00::1]"),
            ("http://sqld:8080", "http://sqld:8080"),
            (
                "http://sqld.berth.svc.cluster.local:8080",
                "http://sqld.berth.svc.cluster.local:8080",
            ),
            ("http://10.0.0.7", "http://10.0.0.7"),
        ] {
            assert_eq!(normalize(text).as_deref(), Some(url), "{text}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "",
            "db.example.com",
            "https://",
            "https:///x",
            "https://:80",
            "https://db.example.com:x",
            "https://db.example.com:70000",
            "https://user:secret@db.example.com",
            "https://db.example.com?authToken=secret",
            "https://db.example.com/#x",
            "https://db example.com",
            "https://[::1",
            "https://[::1]x",
            "wss://db.example.com",
            "file:///tmp/x",
            "http://db.example.com",
            "http://8.8.8.8:8080",
            "http://[2606:4700::1111]",
        ] {
            assert_eq!(normalize(text), None, "{text}");
        }
    }
}
