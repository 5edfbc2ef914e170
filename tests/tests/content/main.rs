//! What is read through Berth of Debian's registry: `docs/contract/registry.md` G, 123, 126 and 134 to 140, and D.2.

#![cfg(feature = "end-to-end")]

mod caching;
mod place;

use berth_tests::registry::Registry;
use serde_json::json;

use place::{DOCKER, OCI, Place, code};

/// What there is of an image, with the headers that registries give it.
#[test]
fn an_image_is_read_as_the_registry_has_it() {
    let place = Place::new();
    let image = place.push("acme/app", "v1", OCI, b"a layer");
    let client = place.pulling("acme/app");
    for reference in ["v1", &*image.manifest.digest] {
        let path = format!("/v2/acme/app/manifests/{reference}");
        let (got, head) = (client.get(&path), client.head(&path));
        assert_eq!(got.status(), 200, "{got}");
        assert_eq!(got.body(), image.content.as_bytes());
        assert_eq!((head.status(), head.body().len()), (200, 0));
        for reply in [&got, &head] {
            assert_eq!(reply.header("docker-content-digest"), Some(&*image.manifest.digest));
            assert_eq!(reply.header("content-type"), Some(OCI));
            let length = image.content.len().to_string();
            assert_eq!(reply.header("content-length"), Some(&*length));
            assert_eq!(reply.header("etag"), Some(&*format!("\"{}\"", image.manifest.digest)));
            assert_eq!(reply.header("docker-distribution-api-version"), Some("registry/2.0"));
        }
    }
    let path = format!("/v2/acme/app/blobs/{}", image.layer.digest);
    let (got, head) = (client.get(&path), client.head(&path));
    assert_eq!((got.status(), got.body()), (200, b"a layer".as_slice()));
    assert_eq!((head.status(), head.body().len()), (200, 0));
    for reply in [&got, &head] {
        assert_eq!(reply.header("content-length"), Some("7"));
        assert_eq!(reply.header("accept-ranges"), Some("bytes"));
        assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
        assert_eq!(reply.header("docker-content-digest"), Some(&*image.layer.digest));
    }
    let part = client.clone().header("range", "bytes=2-4").get(&path);
    assert_eq!((part.status(), part.body()), (206, b"lay".as_slice()), "126");
    assert_eq!(part.header("content-range"), Some("bytes 2-4/7"), "126");
    let beyond = client.header("range", "bytes=100-").get(&path);
    assert_eq!((beyond.status(), code(&beyond)), (416, "RANGE_INVALID".into()));
}

/// Each pull of a manifest is one entry, by whoever has the token: the registry's own notification of it names Berth.
#[test]
fn a_pull_is_logged_once() {
    let place = Place::new();
    let image = place.push("acme/app", "v1", OCI, b"a layer");
    let client = place.pulling("acme/app").header("user-agent", "skopeo/1");
    let digest = &image.manifest.digest;
    let _ = client.head("/v2/acme/app/manifests/v1");
    let _ = client.get(&format!("/v2/acme/app/blobs/{}", image.layer.digest));
    let _ = client.get("/v2/acme/app/manifests/v2");
    assert_eq!(place.pulls(), [""; 0], "neither a HEAD, nor a blob, nor what is not there");
    assert_eq!(client.get("/v2/acme/app/manifests/v1").status(), 200);
    assert_eq!(client.get(&format!("/v2/acme/app/manifests/{digest}")).status(), 200);
    let about = r#""repo":"app","namespace":"acme","user-agent":"skopeo/1""#;
    let by = r#""username":"ana""#;
    let logged = [
        format!(r#"acme ana 192.0.2.1 {{{about},"tag":"v1","mediaType":"{OCI}",{by}}}"#),
        format!(
            r#"acme ana 192.0.2.1 {{{about},"manifest_digest":"{digest}","mediaType":"{OCI}",{by}}}"#
        ),
    ];
    assert_eq!(place.pulls(), logged, "140");
    place.app.set("registry_state", "readonly");
    assert_eq!(client.get("/v2/acme/app/manifests/v1").status(), 200);
    assert_eq!(place.pulls().len(), 2, "nothing is written down now");
}

/// A manifest is served as it is stored, to whoever takes that type.
#[test]
fn a_client_gets_what_it_takes() {
    let place = Place::new();
    let oci = place.push("acme/app", "oci", OCI, b"a layer");
    place.push("acme/app", "docker", DOCKER, b"a layer");
    let both = format!("{OCI}, {DOCKER};q=0.5");
    for (tag, accept, status) in [
        ("oci", None, 200),
        ("oci", Some("*/*"), 200),
        ("oci", Some(OCI), 200),
        ("oci", Some(&*both), 200),
        ("oci", Some(DOCKER), 404),
        ("oci", Some("application/json"), 404),
        ("docker", Some(DOCKER), 200),
        ("docker", Some(&*both), 200),
        ("docker", Some(OCI), 404),
        (&*oci.manifest.digest, Some(DOCKER), 404),
    ] {
        let client = place.pulling("acme/app");
        let client = accept.into_iter().fold(client, |client, it| client.header("accept", it));
        let reply = client.get(&format!("/v2/acme/app/manifests/{tag}"));
        assert_eq!(reply.status(), status, "123: {tag} {accept:?} {reply}");
        if status == 404 {
            assert_eq!(code(&reply), "MANIFEST_UNKNOWN");
            assert!(reply.text().contains("not acceptable"), "{reply}");
        }
    }
}

#[test]
fn tags_are_read_page_by_page() {
    let place = Place::new();
    for tag in ["v2", "v1", "v10"] {
        place.push("acme/app", tag, OCI, b"a layer");
    }
    let client = place.pulling("acme/app");
    let page = |path: &str| {
        let reply = client.get(path);
        assert_eq!(reply.status(), 200, "{reply}");
        assert_eq!(reply.json()["name"], "acme/app");
        (reply.json()["tags"].clone(), reply.header("link").map(str::to_owned))
    };
    let path = "/v2/acme/app/tags/list";
    assert_eq!(page(path), (json!(["v1", "v10", "v2"]), None), "134");
    let next = |last| format!("<{path}?n=1&last={last}>; rel=\"next\"");
    assert_eq!(page(&format!("{path}?n=1")), (json!(["v1"]), Some(next("v1"))), "135");
    let behind = |last| format!("{path}?n=1&last={last}");
    assert_eq!(page(&behind("v1")), (json!(["v10"]), Some(next("v10"))), "135");
    assert_eq!(page(&behind("v10")), (json!(["v2"]), None), "135");
    assert_eq!(page(&format!("{path}?n=1&last=z")), (json!([]), None));
    assert_eq!(page(&format!("{path}?n=0")), (json!([]), None), "136");
    let unknown = place.pulling("acme/nosuch").get("/v2/acme/nosuch/tags/list");
    assert_eq!((unknown.status(), code(&unknown)), (404, "NAME_UNKNOWN".into()));
}

#[test]
fn what_is_not_there_is_404() {
    let place = Place::new();
    let image = place.push("acme/app", "v1", OCI, b"a layer");
    let client = place.pulling("acme/app");
    let nothing = format!("sha256:{}", "0".repeat(64));
    let manifest = |reference: &str| format!("/v2/acme/app/manifests/{reference}");
    for (path, expected) in [
        (manifest("v2"), "MANIFEST_UNKNOWN"),
        (manifest(&nothing), "MANIFEST_UNKNOWN"),
        (format!("/v2/acme/app/blobs/{nothing}"), "BLOB_UNKNOWN"),
        (format!("/v2/acme/app/referrers/{}", image.manifest.digest), "MANIFEST_UNKNOWN"),
    ] {
        let reply = client.get(&path);
        assert_eq!((reply.status(), code(&reply)), (404, expected.into()), "{path}");
        assert_eq!(client.head(&path).status(), 404, "{path}");
    }
}

/// A registry that takes none of our tokens, and one that is gone.
#[test]
fn a_registry_that_fails_is_502() {
    let place = Place::new();
    place.push("acme/app", "v1", OCI, b"a layer");
    let client = place.pulling("acme/app");
    let paths = ["/v2/acme/app/manifests/v1", "/v2/acme/app/tags/list"];
    let certificates = place::other_certificates();
    let other = Registry::start("http://127.0.0.1:1/v2/auth", &certificates);
    place.app.set("registry_url", &format!("http://{}", other.name()));
    for path in paths {
        let reply = client.get(path);
        assert_eq!((reply.status(), code(&reply)), (502, "UNKNOWN".into()), "{path}");
    }
    place.app.set("registry_url", &format!("http://{}", other.name()));
    drop(other);
    for path in paths {
        let reply = client.get(path);
        assert_eq!((reply.status(), code(&reply)), (502, "UNKNOWN".into()), "{path}");
    }
    assert_eq!(place.pulls(), [""; 0]);
}
