//! Where an upstream registry may be: never in a private network, unless the operator says so (`docs/contract/quay.md` 3.3).
//!
//! Pure policy: the caller decides who looks names up. The `url` crate parses hosts, as browsers do, so that no spelling of
//! an address hides it: the address that is checked here is the one that is connected to.

use std::net::IpAddr;

use berth_net::is_public;
use ipnet::IpNet;
use thiserror::Error;
pub use url::Host;

/// An upstream registry as people write it: `host[:port][/namespace]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamName {
    /// The host as it was written, for messages.
    pub written_host: String,
    /// The host.
    pub host: Host,
    /// The port, where one is given.
    pub port: Option<u16>,
}

/// Why a text names no upstream registry. `Display` is the contract's message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidUpstream {
    /// There is no host.
    #[error("URL must include a hostname")]
    NoHost,
    /// User name or password are in front of the host.
    #[error("URLs with embedded credentials are not allowed")]
    EmbeddedCredentials,
    /// The host cannot be the name of anything.
    #[error("Cannot resolve hostname '{0}'")]
    Host(String),
    /// The port is no number between 1 and 65535.
    #[error("The provided registry URL is not allowed")]
    Port,
}

impl std::str::FromStr for UpstreamName {
    type Err = InvalidUpstream;

    fn from_str(text: &str) -> Result<Self, InvalidUpstream> {
        let authority = text.split('/').next().unwrap_or_default();
        let (credentials, host_and_port) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let (host, port) = split_port(host_and_port);
        let written_host = host.trim_matches(['[', ']']).to_lowercase();
        if written_host.is_empty() {
            return Err(InvalidUpstream::NoHost);
        }
        if credentials.is_some() {
            return Err(InvalidUpstream::EmbeddedCredentials);
        }
        let host = Host::parse(host).map_err(|_| InvalidUpstream::Host(written_host.clone()))?;
        Ok(Self { port: parse_port(port)?, host, written_host })
    }
}

/// The host of an address that may be called: `http://` or `https://`, without user name and password. `None` for any other
/// text.
#[must_use]
pub fn host_of_url(text: &str) -> Option<Host> {
    let url = url::Url::parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_http = matches!(url.scheme(), "http" | "https");
    url.host().filter(|_| is_http && is_plain).map(|host| host.to_owned())
}

/// Splits `host:port`; an IPv6 address is in brackets.
fn split_port(text: &str) -> (&str, &str) {
    let end =
        if text.starts_with('[') { text.find(']').map_or(text.len(), |end| end + 1) } else { 0 };
    match text[end..].split_once(':') {
        Some((rest, port)) => (&text[..end + rest.len()], port),
        None => (text, ""),
    }
}

fn parse_port(text: &str) -> Result<Option<u16>, InvalidUpstream> {
    if text.is_empty() {
        return Ok(None);
    }
    let port = text.parse().ok().filter(|port| *port != 0);
    port.map(Some).ok_or(InvalidUpstream::Port)
}

/// Why a name has no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUpError {
    /// The name does not exist.
    NotFound,
    /// No answer in time.
    TimeOut,
    /// The host looks no names up for components.
    Unavailable,
}

/// Why a destination may not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Its name or one of its addresses is private.
    Private,
    /// Its name has no address, or none in the Internet.
    NotResolved,
    /// Where its name leads cannot be known: the host looks no names up.
    NotChecked,
}

/// Which destinations the operator vouches for.
#[derive(Debug, Clone, Default)]
pub struct Destinations {
    names: Vec<String>,
    networks: Vec<IpNet>,
    registries: Vec<String>,
    host_blocks: bool,
}

impl Destinations {
    /// Those that may be reached although they are private, the setting `ssrf_allowed_hosts`: host names, addresses and CIDRs;
    /// anything else allows nothing.
    #[must_use]
    pub fn allowing(items: &[String]) -> Self {
        let mut destinations = Self::default();
        for item in items {
            match parse_network(item) {
                Some(network) => destinations.networks.push(network),
                None => destinations.names.extend(Host::parse(item).ok().map(|host| plain(&host))),
            }
        }
        destinations
    }

    /// With the names that may be reached where the host looks no names up, the setting `upstream_registries`.
    #[must_use]
    pub fn without_look_up(mut self, registries: &[String]) -> Self {
        let hosts = registries.iter().filter_map(|name| Host::parse(name).ok());
        self.registries = hosts.map(|host| plain(&host)).collect();
        self
    }

    /// With whether the host itself keeps components out of private networks, the setting `host_blocks_private_networks`: what
    /// is not looked up may then be reached.
    #[must_use]
    pub fn behind_host(mut self, host_blocks: bool) -> Self {
        self.host_blocks = host_blocks;
        self
    }

    /// Decides whether `host` may be reached. `resolve` gives the addresses of a name.
    ///
    /// A private name may be reached when the operator allows it, or every network that it leads to. Where they allow no
    /// network the name is not looked up: the result would not matter, and resolvers are slow with such names.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn admit(
        &self,
        host: &Host,
        resolve: impl FnOnce(&str) -> Result<Vec<IpAddr>, LookUpError>,
    ) -> Result<(), Refused> {
        let name = match host {
            Host::Ipv4(address) => return self.admit_addresses(&[IpAddr::V4(*address)], false),
            Host::Ipv6(address) => return self.admit_addresses(&[IpAddr::V6(*address)], false),
            Host::Domain(name) => name,
        };
        let plain = plain(host);
        if self.names.contains(&plain) {
            return Ok(());
        }
        if self.networks.is_empty()
            && let Some(refused) = refused_by_name(&plain)
        {
            return Err(refused);
        }
        match resolve(name) {
            Ok(addresses) if !addresses.is_empty() => {
                self.admit_addresses(&addresses, is_private_name(&plain))
            }
            // A name without a dot leads nowhere outside.
            Err(LookUpError::Unavailable) if is_private_name(&plain) || !plain.contains('.') => {
                Err(Refused::Private)
            }
            Err(LookUpError::Unavailable)
                if self.host_blocks || self.registries.contains(&plain) =>
            {
                Ok(())
            }
            Err(LookUpError::Unavailable) => Err(Refused::NotChecked),
            Ok(_) | Err(LookUpError::NotFound | LookUpError::TimeOut) => Err(Refused::NotResolved),
        }
    }

    fn admit_addresses(&self, all: &[IpAddr], private_name: bool) -> Result<(), Refused> {
        let allowed = |address: &IpAddr| {
            self.networks.iter().any(|network| network.contains(address))
                || (!private_name && is_public(*address))
        };
        if all.iter().all(allowed) { Ok(()) } else { Err(Refused::Private) }
    }
}

/// An address or a CIDR; `[::1]` too.
fn parse_network(item: &str) -> Option<IpNet> {
    let bare = item.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| bare.parse().ok().map(|address: IpAddr| address.into()))
}

/// Whether an item of the setting can be used.
pub(crate) fn is_name_or_network(item: &str) -> bool {
    parse_network(item).is_some() || (!item.contains('/') && Host::parse(item).is_ok())
}

/// A host as names are compared: without the dot at the end (`url` lowers the case).
fn plain(host: &Host) -> String {
    let text = host.to_string();
    text.strip_suffix('.').unwrap_or(&text).to_owned()
}

/// Private names: this machine, clouds' metadata, clusters, and everything under domains that the Internet does not have.
pub(crate) fn is_private_name(name: &str) -> bool {
    const NAMES: &[&str] = &["localhost", "metadata", "kubernetes"];
    const SUFFIXES: &[&str] = &[".internal", ".local", ".localhost", ".svc"];
    NAMES.contains(&name)
        || name == "kubernetes.default"
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// How a private name is refused without looking it up. A name of this machine always has an address; the others have none
/// in the Internet.
fn refused_by_name(name: &str) -> Option<Refused> {
    match name {
        "localhost" => Some(Refused::Private),
        name => is_private_name(name).then_some(Refused::NotResolved),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8));

    /// Whether `text` may be reached when every name leads to `addresses`.
    fn reach(
        text: &str,
        allowed: &[&str],
        addresses: Result<Vec<IpAddr>, LookUpError>,
    ) -> Result<(), String> {
        let upstream: UpstreamName =
            text.parse().map_err(|error: InvalidUpstream| error.to_string())?;
        let allowed: Vec<String> = allowed.iter().map(|&item| item.to_owned()).collect();
        Destinations::allowing(&allowed)
            .admit(&upstream.host, |_| addresses)
            .map_err(|refused| format!("{refused:?}"))
    }

    #[test]
    fn no_spelling_of_a_private_address_or_name_gets_through() {
        let table = include_str!("../tests/private-destinations.txt");
        let spellings: Vec<&str> =
            table.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")).collect();
        assert!(spellings.len() >= 200, "{}", spellings.len());
        for spelling in spellings {
            let upstream: UpstreamName = spelling.parse().expect(spelling);
            let refused = match &upstream.host {
                Host::Domain(name) if plain(&Host::Domain(name.clone())) != "localhost" => {
                    Refused::NotResolved
                }
                _ => Refused::Private,
            };
            let look_up = |name: &str| panic!("{name} is looked up");
            let reached = Destinations::default().admit(&upstream.host, look_up);
            assert_eq!(reached, Err(refused), "{spelling}");
            // Where an operator allows some network, a private name is not in it, and the name server may lie.
            let reached = reach(spelling, &["203.0.113.199/32"], Ok(vec![PUBLIC]));
            assert_eq!(reached, Err("Private".into()), "{spelling}");
        }
    }

    #[test]
    fn internal_names_are_refused_before_any_look_up() {
        let look_up = |name: &str| panic!("{name} is looked up");
        for (name, refused) in [
            ("localhost", Refused::Private),
            ("LOCALHOST.", Refused::Private),
            ("sub.localhost", Refused::NotResolved),
            ("foo.local", Refused::NotResolved),
            ("Foo.Local.", Refused::NotResolved),
            ("db.prod.internal", Refused::NotResolved),
            ("metadata.google.internal", Refused::NotResolved),
            ("metadata", Refused::NotResolved),
            ("kubernetes", Refused::NotResolved),
            ("kubernetes.default", Refused::NotResolved),
            ("registry.default.svc", Refused::NotResolved),
            ("registry.default.svc.cluster.local", Refused::NotResolved),
        ] {
            let host = name.parse::<UpstreamName>().expect(name).host;
            assert_eq!(Destinations::default().admit(&host, look_up), Err(refused), "{name}");
            let allowed = Destinations::allowing(&[name.to_owned()]);
            assert_eq!(allowed.admit(&host, look_up), Ok(()), "{name}");
        }
    }

    #[test]
    fn the_internet_gets_through() {
        for text in [
            "docker.io",
            "docker.io/library",
            "quay.io:443/org/repository",
            "Registry.Example.COM.",
            "bücher.example",
            "local",
            "internal.example",
            "9.9.9.9",
            "9.9.9.9:5000",
            "151060745",
            "[2606:4700::1111]:5000",
            "docker.io:",
        ] {
            assert_eq!(reach(text, &[], Ok(vec![PUBLIC])), Ok(()), "{text}");
        }
    }

    #[test]
    fn every_address_of_a_name_counts() {
        for private in ["10.0.0.1", "169.254.169.254", "::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
        {
            let addresses = vec![PUBLIC, private.parse().unwrap()];
            let reached = reach("docker.io", &[], Ok(addresses));
            assert_eq!(reached, Err("Private".into()), "{private}");
        }
        assert_eq!(reach("docker.io", &[], Ok(vec![])), Err("NotResolved".into()));
        let unknown = reach("foo.local", &[], Err(LookUpError::NotFound));
        assert_eq!(unknown, Err("NotResolved".into()));
    }

    #[test]
    fn without_look_up_the_rules_for_names_remain() {
        let unavailable = || Err(LookUpError::Unavailable);
        let known = Destinations::default().without_look_up(&["Docker.io.".into(), "/".into()]);
        let behind = Destinations::default().behind_host(true);
        for (destinations, name, admitted) in [
            (&Destinations::default(), "docker.io", Err(Refused::NotChecked)),
            (&known, "docker.io", Ok(())),
            (&known, "DOCKER.IO.", Ok(())),
            (&known, "evil.docker.io", Err(Refused::NotChecked)),
            (&behind, "registry.example", Ok(())),
            (&behind, "metadata.google.internal", Err(Refused::NotResolved)),
            (&behind, "registry", Err(Refused::Private)),
        ] {
            let host = name.parse::<UpstreamName>().expect(name).host;
            assert_eq!(destinations.admit(&host, |_| unavailable()), admitted, "{name}");
        }
        let reach = |text| reach(text, &[], unavailable());
        for name in ["localhost", "db", "127.1"] {
            assert_eq!(reach(name), Err("Private".into()), "{name}");
        }
        for name in ["metadata.google.internal", "a.svc.cluster.local"] {
            assert_eq!(reach(name), Err("NotResolved".into()), "{name}");
        }
    }

    #[test]
    fn the_operator_allows_names_addresses_and_networks() {
        let loopback = || Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        for (text, allowed, reaches) in [
            ("LOCALHOST.:5000", &["localhost"][..], true),
            ("localhost", &["LocalHost."], true),
            ("127.0.0.1:5000", &["127.0.0.1"], true),
            ("0x7f.1", &["127.0.0.1"], true),
            ("127.0.0.2", &["127.0.0.1"], false),
            ("127.0.0.2", &["127.0.0.0/8"], true),
            ("[::1]", &["[::1]"], true),
            ("[::ffff:127.0.0.1]", &["127.0.0.0/8"], false),
            ("registry.corp.internal", &["127.0.0.0/8"], true),
            ("registry.corp.internal", &["registry.corp.internal"], true),
            ("registry.corp.internal", &["corp.internal", "10.0.0.0/8", "/", ""], false),
            ("sub.localhost", &["localhost"], false),
        ] {
            assert_eq!(reach(text, allowed, loopback()).is_ok(), reaches, "{text} {allowed:?}");
        }
        let mixed = Ok(vec![PUBLIC, IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        assert_eq!(reach("a.example", &["127.0.0.0/8"], mixed), Ok(()));
    }

    #[test]
    fn what_is_no_upstream_says_why() {
        for (text, message) in [
            ("", "URL must include a hostname"),
            ("/library", "URL must include a hostname"),
            (":5000", "URL must include a hostname"),
            ("user:pw@", "URL must include a hostname"),
            ("[]", "URL must include a hostname"),
            ("user:pw@docker.io", "URLs with embedded credentials are not allowed"),
            ("@docker.io", "URLs with embedded credentials are not allowed"),
            ("docker io", "Cannot resolve hostname 'docker io'"),
            ("Docker\tIO", "Cannot resolve hostname 'docker\tio'"),
            ("docker.io?x", "Cannot resolve hostname 'docker.io?x'"),
            ("docker.io#x", "Cannot resolve hostname 'docker.io#x'"),
            ("127.0.0.1\\docker.io", "Cannot resolve hostname '127.0.0.1\\docker.io'"),
            ("[fe80::1%25eth0]", "Cannot resolve hostname 'fe80::1%25eth0'"),
            ("[::1", "Cannot resolve hostname '::1'"),
            ("[::1]x:80", "Cannot resolve hostname '::1]x'"),
            ("256.0.0.1", "Cannot resolve hostname '256.0.0.1'"),
            ("docker.io:0", "The provided registry URL is not allowed"),
            ("docker.io:x", "The provided registry URL is not allowed"),
            ("docker.io:65536", "The provided registry URL is not allowed"),
        ] {
            assert_eq!(reach(text, &[], Ok(vec![PUBLIC])), Err(message.into()), "{text}");
        }
    }
}
