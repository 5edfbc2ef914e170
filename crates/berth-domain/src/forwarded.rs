//! Who the client is behind proxies: the setting `trusted_proxies`, and what a proxy says in `Forwarded` (RFC 7239) and
//! `X-Forwarded-For`.
//!
//! Anybody can send such headers. Only what a trusted proxy wrote counts, and that is at the right end: each proxy appends
//! the address that it was called from. So the headers are read from the right, and not one entry further than the first
//! address that is no trusted proxy's.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The proxies of the operator, from which alone the headers are believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Takes addresses and CIDRs; anything else trusts nothing.
    #[must_use]
    pub fn new(items: &[String]) -> Self {
        Self(items.iter().filter_map(|item| network(item)).collect())
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the client of a request that came from `peer` with these headers, each in its order. Names of headers
    /// count without regard to case; all others are passed over.
    ///
    /// Where both headers are there and say different things, the proxy wrote one and passed the other on from the sender.
    /// Nobody can see which: then the client is the peer.
    #[must_use]
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        headers: impl Iterator<Item = (&'a str, &'a [u8])> + Clone,
    ) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return peer;
        }
        let named = |wanted: &'static str| {
            let named = headers.clone().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted));
            named.map(|(_, value)| value).collect::<Vec<_>>()
        };
        let forwarded = self.follow(peer, &named("forwarded"), forwarded_for);
        match (forwarded, self.follow(peer, &named("x-forwarded-for"), node)) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => peer,
        }
    }

    /// Goes from proxy to proxy as far as they are trusted; none where there is no such header. An entry that names no
    /// address (`unknown`, `_hidden`) ends it at the proxy that wrote it.
    fn follow(
        &self,
        peer: IpAddr,
        lines: &[&[u8]],
        address: fn(&[u8]) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        let mut entries = lines.iter().rev().flat_map(|line| entries(line)).peekable();
        entries.peek()?;
        let mut client = peer;
        for entry in entries {
            let Some(address) = address(entry) else { break };
            client = address;
            if !self.contains(client) {
                break;
            }
        }
        Some(client)
    }
}

/// An address or a CIDR.
fn network(item: &str) -> Option<IpNet> {
    item.parse().ok().or_else(|| item.parse().ok().map(|address: IpAddr| address.into()))
}

/// Whether an item of the setting can be used.
pub(crate) fn is_network(item: &str) -> bool {
    network(item).is_some()
}

/// The entries of a header, the last one first, without empty ones. Read from the right, so that a quotation mark that a
/// client left open hides nothing of what proxies appended.
fn entries(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    let entries = std::iter::from_fn(move || {
        let line = rest?;
        let comma = last_separator(line, b',');
        rest = comma.map(|comma| &line[..comma]);
        Some(line[comma.map_or(0, |comma| comma + 1)..].trim_ascii())
    });
    entries.filter(|entry| !entry.is_empty())
}

/// The place of the last separator that is not in quoted text.
fn last_separator(text: &[u8], separator: u8) -> Option<usize> {
    let mut quoted = false;
    text.iter().enumerate().rev().find_map(|(place, byte)| {
        quoted ^= *byte == b'"' && !(quoted && is_escaped(&text[..place]));
        (*byte == separator && !quoted).then_some(place)
    })
}

/// Whether the character after `before` is escaped: by an odd number of backslashes.
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The address of `for=` in an entry of `Forwarded`.
fn forwarded_for(entry: &[u8]) -> Option<IpAddr> {
    let mut rest = Some(entry);
    while let Some(pairs) = rest {
        let semicolon = last_separator(pairs, b';');
        rest = semicolon.map(|semicolon| &pairs[..semicolon]);
        let pair = pairs[semicolon.map_or(0, |semicolon| semicolon + 1)..].trim_ascii();
        if let Some((name, value)) = pair.split_at_checked(4)
            && name.eq_ignore_ascii_case(b"for=")
        {
            return node(unquoted(value));
        }
    }
    None
}

/// A quoted text without its marks. No address has a character that is escaped.
fn unquoted(value: &[u8]) -> &[u8] {
    let inner = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    inner.unwrap_or(value)
}

/// The address of a node: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:4711`.
fn node(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn trusted() -> TrustedProxies {
        TrustedProxies::new(&[
            "10.0.0.0/8".into(),
            "2001:db8:ffff::/48".into(),
            "192.0.2.99".into(),
        ])
    }

    /// The client of a request from `peer`.
    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
        trusted().client(peer.parse().expect("an address"), headers).to_string()
    }

    #[test]
    fn nobody_is_trusted_by_default() {
        let headers = [("x-forwarded-for", &b"203.0.113.7"[..]), ("forwarded", b"for=203.0.113.7")];
        let peer: IpAddr = [127, 0, 0, 1].into();
        assert_eq!(TrustedProxies::new(&[]).client(peer, headers.into_iter()), peer);
        let nonsense = TrustedProxies::new(&["".into(), "localhost".into(), "10.0.0.0/33".into()]);
        assert_eq!(nonsense.client(peer, headers.into_iter()), peer);
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_of_ours() {
        for (sent, seen) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
            ("6.6.6.6,203.0.113.7,10.2.3.4 , 192.0.2.99", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("6.6.6.6, 2001:db8:ffff::1", "6.6.6.6"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            // All are ours: a request from the operator's network.
            ("10.9.9.9, 10.8.8.8", "10.9.9.9"),
            // An entry without an address was written by the proxy behind it.
            ("6.6.6.6, unknown", PROXY),
            ("6.6.6.6, unknown, 10.2.3.4", "10.2.3.4"),
            ("6.6.6.6, 1.2.3", PROXY),
            ("", PROXY),
            (" , ,", PROXY),
            ("203.0.113.7,", "203.0.113.7"),
        ] {
            assert_eq!(client(PROXY, &[("X-Forwarded-For", sent)]), seen, "{sent}");
        }
    }

    #[test]
    fn forwarded_is_read_as_it_is_written() {
        for (sent, seen) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"203.0.113.7:4711\"", "203.0.113.7"),
            ("for=6.6.6.6;proto=http, proto=https ; FOR=203.0.113.7 ;by=10.0.0.1", "203.0.113.7"),
            ("for=\"[2001:db8::7]:4711\";host=\"a,b;for=6.6.6.6\"", "2001:db8::7"),
            ("for=6.6.6.6, for=\"[2001:db8:ffff::1]\"", "6.6.6.6"),
            ("for=6.6.6.6, for=_hidden", PROXY),
            ("for=6.6.6.6, proto=https", PROXY),
            // A mark that the client left open hides nothing of what the proxy appended.
            ("for=\"6.6.6.6, for=203.0.113.7", "203.0.113.7"),
            ("host=\"\\\", for=203.0.113.7;by=\"_x\\\"y\"", "203.0.113.7"),
        ] {
            assert_eq!(client(PROXY, &[("Forwarded", sent)]), seen, "{sent}");
        }
    }

    #[test]
    fn lines_are_one_list() {
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(client(PROXY, &lines), "203.0.113.7");
        let lines = [("forwarded", "for=\"6.6.6.6"), ("forwarded", "for=203.0.113.7")];
        assert_eq!(client(PROXY, &lines), "203.0.113.7");
    }

    #[test]
    fn two_headers_that_disagree_say_nothing() {
        let both = |one, other| client(PROXY, &[("forwarded", one), ("x-forwarded-for", other)]);
        assert_eq!(both("for=203.0.113.7", "6.6.6.6, 203.0.113.7"), "203.0.113.7");
        assert_eq!(both("for=6.6.6.6", "203.0.113.7"), PROXY);
    }

    #[test]
    fn a_peer_that_speaks_ipv6_is_the_same_peer() {
        assert_eq!(client("::ffff:10.0.0.1", &[("x-forwarded-for", "203.0.113.7")]), "203.0.113.7");
        assert_eq!(client("::ffff:192.0.2.1", &[("x-forwarded-for", "6.6.6.6")]), "192.0.2.1");
    }

    proptest! {
        /// A peer that is no trusted proxy is the client, whatever headers it sends.
        #[test]
        fn headers_of_others_are_ignored(
            peer: IpAddr,
            forwarded: Vec<Vec<u8>>,
            for_: Vec<Vec<u8>>,
        ) {
            let trusted = trusted();
            prop_assume!(!trusted.contains(peer.to_canonical()));
            let forwarded = forwarded.iter().map(|value| ("forwarded", &value[..]));
            let for_ = for_.iter().map(|value| ("x-forwarded-for", &value[..]));
            let headers: Vec<_> = forwarded.chain(for_).collect();
            prop_assert_eq!(trusted.client(peer, headers.into_iter()), peer.to_canonical());
        }

        /// Headers from a client never change what a proxy appends, in a line of its own or behind the client's.
        #[test]
        fn nothing_sent_hides_what_the_proxy_says(
            sent: Vec<u8>,
            client: IpAddr,
            own_line: bool,
            is_forwarded: bool,
        ) {
            let (trusted, client) = (trusted(), client.to_canonical());
            prop_assume!(!trusted.contains(client));
            let (name, said) = match (is_forwarded, client) {
                (false, _) => ("x-forwarded-for", client.to_string()),
                (true, IpAddr::V4(_)) => ("forwarded", format!("for={client};proto=https")),
                (true, IpAddr::V6(_)) => ("forwarded", format!("for=\"[{client}]\"")),
            };
            let mut lines = vec![sent, said.into_bytes()];
            if !own_line {
                lines = vec![lines.join(&b", "[..])];
            }
            let headers = lines.iter().map(|line| (name, &line[..]));
            prop_assert_eq!(trusted.client([10, 0, 0, 1].into(), headers), client);
        }
    }
}
