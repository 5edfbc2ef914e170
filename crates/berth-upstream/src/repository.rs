//! Where a repository is at an upstream registry (`docs/contract/registry.md` D.1, D.5).

use berth_domain::destination::{Host, InvalidUpstream, UpstreamName};
use url::Url;

/// A repository of an upstream registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its name there.
    pub name: String,
    /// The address of the registry, with a slash at the end.
    registry: Url,
}

impl Repository {
    /// The repository that is called `rest` in a proxy cache of `upstream`: `host[:port][/namespace]`. Docker Hub is called elsewhere than it is
    /// named, and what has no namespace there is of `library`.
    ///
    /// # Errors
    /// [`InvalidUpstream`].
    pub fn of(upstream: &str, insecure: bool, rest: &str) -> Result<Self, InvalidUpstream> {
        let registry: UpstreamName = upstream.parse()?;
        let is_hub = is_docker_hub(&registry.host);
        let namespace = upstream.split_once('/').map(|(_, namespace)| namespace.trim_matches('/'));
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        let namespace =
            namespace.or(if is_hub && !rest.contains('/') { Some("library") } else { None });
        let name =
            namespace.map_or_else(|| rest.to_owned(), |namespace| format!("{namespace}/{rest}"));
        Ok(Self { name, registry: registry_url(registry, insecure)? })
    }

    /// The address of something of it: `manifests/latest`.
    #[must_use]
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.registry.clone();
        url.set_path(&format!("/v2/{}/{path}", self.name));
        url
    }
}

/// The address of a registry, with a slash at the end. Docker Hub is called elsewhere than it is named.
///
/// # Errors
/// [`InvalidUpstream::NoHost`].
pub fn registry_url(name: UpstreamName, insecure: bool) -> Result<Url, InvalidUpstream> {
    let UpstreamName { host, port, .. } = name;
    let host = match is_docker_hub(&host) {
        true => Host::Domain("registry-1.docker.io".into()),
        false => host,
    };
    let scheme = if insecure { "http" } else { "https" };
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    Url::parse(&format!("{scheme}://{host}{port}/")).map_err(|_| InvalidUpstream::NoHost)
}

fn is_docker_hub(host: &Host) -> bool {
    matches!(host, Host::Domain(domain) if domain == "docker.io")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_proxy_cache_lead_to_the_upstream() {
        for (upstream, rest, url) in [
            ("docker.io", "library/alpine", "https://registry-1.docker.io/v2/library/alpine/x"),
            ("docker.io", "alpine", "https://registry-1.docker.io/v2/library/alpine/x"),
            ("docker.io/acme", "app", "https://registry-1.docker.io/v2/acme/app/x"),
            ("quay.io", "app", "https://quay.io/v2/app/x"),
            ("Quay.io:5000/a/b/", "c/d", "https://quay.io:5000/v2/a/b/c/d/x"),
            ("[::1]:5000", "c", "https://[::1]:5000/v2/c/x"),
        ] {
            let repository = Repository::of(upstream, false, rest).expect("a registry");
            assert_eq!(repository.url("x").as_str(), url);
        }
        let insecure = Repository::of("localhost:5000", true, "a").expect("a registry");
        assert_eq!(insecure.url("tags/list").as_str(), "http://localhost:5000/v2/a/tags/list");
        assert!(Repository::of("", false, "a").is_err());
    }
}
