//! Berth in the process, and Debian's registry behind it.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_test::{App, As, Reply, TcpClient};
use berth_tests::Client;
use berth_tests::image::Descriptor;
use berth_tests::registry::{Registry, SERVICE, upload};
use serde_json::json;

pub(crate) const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The organization `acme` of *ana*, with the repository `app`, and the registry.
pub(crate) struct Place {
    pub(crate) app: App,
    registry: Registry,
}

/// An image that was pushed.
pub(crate) struct Pushed {
    pub(crate) manifest: Descriptor,
    pub(crate) layer: Descriptor,
    /// The manifest.
    pub(crate) content: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let app = App::new()
            .with("registry_service", SERVICE)
            .with_user("ana")
            .with_user("pia")
            .with_user("mia")
            .with_organization("acme", "ana")
            .with_organization("px", "pia")
            .with_streaming(TcpClient);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        app.advance(i64::try_from(now).expect("not so late") - app.time());
        let repository = json!({
            "namespace": "acme", "repository": "app", "visibility": "private", "description": "",
        });
        assert_eq!(app.as_user("ana").post("/api/v1/repository", repository).status(), 201);
        let certificates = app.anonymous().get("/registry/certificates.pem").text();
        let registry = Registry::start("http://127.0.0.1:1/v2/auth", &certificates);
        app.set("registry_url", &format!("http://{}", registry.name()));
        Self { app, registry }
    }

    fn token(&self, who: &str, repository: &str, actions: &str) -> String {
        let encoded = STANDARD.encode(format!("{who}:password"));
        let ana = self.app.anonymous().header("authorization", &format!("Basic {encoded}"));
        let scope = format!("repository:{repository}:{actions}");
        let reply = ana.get(&format!("/v2/auth?service={SERVICE}&scope={scope}"));
        reply.json()["token"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
    }

    /// Requests to Berth, with a token to pull.
    pub(crate) fn pulling(&self, repository: &str) -> As<'_> {
        self.pulling_as("ana", repository)
    }

    /// The same of somebody else.
    pub(crate) fn pulling_as(&self, who: &str, repository: &str) -> As<'_> {
        let token = self.token(who, repository, "pull");
        self.app.anonymous().header("authorization", &format!("Bearer {token}"))
    }

    /// A client of the registry itself, with a token of *mia* to pull.
    pub(crate) fn at_registry(&self, repository: &str) -> Client {
        self.registry.client().bearer(&self.token("mia", repository, "pull"))
    }

    /// Pushes an image of one layer to the registry itself.
    pub(crate) fn push(
        &self,
        repository: &str,
        tag: &str,
        media_type: &str,
        layer: &[u8],
    ) -> Pushed {
        let client = self.registry.client().bearer(&self.token("ana", repository, "pull,push"));
        let config = upload(&client, repository, b"{}");
        let layer = upload(&client, repository, layer);
        let described = |of: &Descriptor| of.written("application/octet-stream");
        let content = json!({
            "schemaVersion": 2, "mediaType": media_type,
            "config": described(&config), "layers": [described(&layer)],
        });
        let content = content.to_string();
        let path = format!("/v2/{repository}/manifests/{tag}");
        let put = client.send("PUT", &path, Some(media_type), content.as_bytes());
        assert_eq!(put.status, 201, "{put}");
        Pushed { manifest: Descriptor::of(content.as_bytes()), layer, content }
    }

    /// The entries of the log that are about pulls: namespace, performer, address, metadata.
    pub(crate) fn pulls(&self) -> Vec<String> {
        let rows = self.app.rows(
            "SELECT n.name, p.name, ip, metadata FROM log_entry
            JOIN account n ON n.id = log_entry.namespace_id
            JOIN account p ON p.id = performer_id WHERE log_entry.kind = 'pull_repo'
            ORDER BY log_entry.id",
        );
        rows.iter().map(|row| row.join(" ")).collect()
    }
}

/// The code of an error, as registries have it.
pub(crate) fn code(reply: &Reply) -> String {
    reply.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
}

/// The certificates of another Berth.
pub(crate) fn other_certificates() -> String {
    let app = App::new().with("secret_key", "another key");
    app.advance(1);
    app.reseed(77);
    app.anonymous().get("/registry/certificates.pem").text()
}
