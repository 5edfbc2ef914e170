//! The registry behind Berth: tags and manifests by the distribution API (OCI distribution-spec 1.1; what Distribution 2.8 makes of it:
//! `docs/contract/registry.md` B and D.2).
//!
//! The operator names this registry, so its address may be private. No redirect is followed: nothing but that address is called.

use berth_domain::manifest::{self, is_digest};
use berth_upstream::digest_of;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LINK, USER_AGENT};
use http::{HeaderName, Method, Request, Response};
use serde::Deserialize;
use url::Url;

use crate::bindings::{
    Descriptor, DistributionFailure as Failure, Failure as HttpFailure, Manifest, Repository,
    TagPage,
};

/// The largest answer that is read, in bytes: a manifest, and 30,000 tags of the longest names.
pub const ANSWER_LIMIT: usize = manifest::MANIFEST_BYTES;

/// How many tags a page has.
const PAGE: usize = 100;

/// What a registry calculated of what it answers.
const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// HTTP of the host, until a deadline.
pub trait Http {
    /// Sends a request, and reads as much of the body; with a limit of 0 nothing of it.
    ///
    /// # Errors
    /// [`HttpFailure::AnswerTooLarge`] when the body is longer; whatever hinders the request.
    fn send(
        &self,
        request: &Request<Vec<u8>>,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, HttpFailure>;
}

#[derive(Deserialize)]
struct TagList {
    /// Null where all tags are deleted.
    tags: Option<Vec<String>>,
}

/// The tags behind `last`, or the first ones: a page.
///
/// # Errors
/// [`Failure`].
pub fn tags(
    http: &impl Http,
    repository: &Repository,
    last: Option<&str>,
) -> Result<TagPage, Failure> {
    let mut url = url(repository, &["tags", "list"])?;
    url.query_pairs_mut().append_pair("n", &PAGE.to_string());
    if let Some(last) = last {
        url.query_pairs_mut().append_pair("last", last);
    }
    let response = send(http, repository, request(Method::GET, &url), Vec::new(), ANSWER_LIMIT)?;
    let follow = response.headers().contains_key(LINK);
    let list: TagList = serde_json::from_slice(response.body())
        .map_err(|_| Failure::Malformed("the list of tags is none".into()))?;
    // Distribution 2.8 knows no pages: it gives all.
    let mut names = list.tags.unwrap_or_default();
    names.retain(|name| last.is_none_or(|last| name.as_str() > last));
    names.sort_unstable();
    let has_more = follow || names.len() > PAGE;
    names.truncate(PAGE);
    if names.is_empty() && has_more {
        return Err(Failure::Malformed("a page of tags is empty, and others follow".into()));
    }
    Ok(TagPage { names, has_more })
}

/// What a tag or a digest leads to.
///
/// # Errors
/// [`Failure`].
pub fn head(
    http: &impl Http,
    repository: &Repository,
    reference: &str,
) -> Result<Descriptor, Failure> {
    let url = url(repository, &["manifests", reference])?;
    let request = accepting(request(Method::HEAD, &url));
    let response = send(http, repository, request, Vec::new(), 0)?;
    let size = text(&response, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
    Ok(Descriptor {
        digest: digest_header(&response)?,
        media_type: media_type(&response)?,
        size: size.ok_or_else(|| Failure::Malformed("a manifest has no length".into()))?,
    })
}

/// A manifest by tag or digest: its content is that of the digest.
///
/// # Errors
/// [`Failure`].
pub fn get(
    http: &impl Http,
    repository: &Repository,
    reference: &str,
) -> Result<Manifest, Failure> {
    let url = url(repository, &["manifests", reference])?;
    let request = accepting(request(Method::GET, &url));
    let response = send(http, repository, request, Vec::new(), ANSWER_LIMIT)?;
    let media_type = media_type(&response)?;
    let content = response.into_body();
    let digest = digest_of(&content, reference);
    if reference.contains(':') && reference != digest {
        return Err(Failure::Malformed(format!("{reference} has the content of {digest}")));
    }
    Ok(Manifest { digest, media_type, content })
}

/// Stores a manifest under a tag or its digest; gives the digest.
///
/// # Errors
/// [`Failure`].
pub fn put(
    http: &impl Http,
    repository: &Repository,
    reference: &str,
    media_type: &str,
    content: Vec<u8>,
) -> Result<String, Failure> {
    let url = url(repository, &["manifests", reference])?;
    let digest = digest_of(&content, reference);
    let request = request(Method::PUT, &url)
        .header(CONTENT_TYPE, media_type)
        // Without a length the host sends chunks.
        .header(CONTENT_LENGTH, content.len());
    send(http, repository, request, content, 0)?;
    Ok(digest)
}

/// Deletes a tag, or a manifest with all its tags.
///
/// # Errors
/// [`Failure`].
pub fn delete(http: &impl Http, repository: &Repository, reference: &str) -> Result<(), Failure> {
    let url = url(repository, &["manifests", reference])?;
    send(http, repository, request(Method::DELETE, &url), Vec::new(), 0).map(drop)
}

/// The address of something in the repository.
fn url(repository: &Repository, rest: &[&str]) -> Result<Url, Failure> {
    let unusable = || Failure::Malformed("this is no address of a registry".into());
    let mut url = Url::parse(&repository.base_url).map_err(|_| unusable())?;
    let names = repository.name.split('/').chain(rest.iter().copied());
    // They would be left out, and the rest lead elsewhere.
    if names.clone().any(|name| matches!(name, "" | "." | "..")) {
        return Err(Failure::NotFound);
    }
    url.path_segments_mut().map_err(|()| unusable())?.clear().push("v2").extend(names);
    Ok(url)
}

fn request(method: Method, url: &Url) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(url.as_str())
        .header(USER_AGENT, concat!("berth/", env!("CARGO_PKG_VERSION")))
}

/// Manifests of every type are taken, as they are.
fn accepting(request: http::request::Builder) -> http::request::Builder {
    request.header(ACCEPT, manifest::ACCEPT).header(ACCEPT, manifest::ACCEPT_SCHEMA_1)
}

/// Sends a request with our token; any status but 2xx is a failure.
fn send(
    http: &impl Http,
    repository: &Repository,
    request: http::request::Builder,
    body: Vec<u8>,
    limit: usize,
) -> Result<Response<Vec<u8>>, Failure> {
    let request = request
        .header(AUTHORIZATION, format!("Bearer {}", repository.token))
        .body(body)
        .map_err(|_| Failure::Malformed("this fits into no request".into()))?;
    let response = http.send(&request, limit).map_err(failure)?;
    match response.status().as_u16() {
        200..=299 => Ok(response),
        404 => Err(Failure::NotFound),
        status @ (401 | 403) => Err(Failure::Refused(status)),
        405 => Err(Failure::Unsupported),
        status => Err(Failure::Status(status)),
    }
}

fn failure(failure: HttpFailure) -> Failure {
    match failure {
        HttpFailure::TimeOut => Failure::TimeOut,
        HttpFailure::AnswerTooLarge => Failure::TooLarge,
        HttpFailure::NotARegistry => Failure::Malformed("it speaks no HTTP".into()),
        HttpFailure::NameNotResolved(_) => Failure::Unreachable("its name has no address".into()),
        HttpFailure::AddressNotAllowed(_) => {
            Failure::Unreachable("the host does not allow its address".into())
        }
        HttpFailure::ConnectionRefused => {
            Failure::Unreachable("nothing accepts connections there".into())
        }
        HttpFailure::Tls => Failure::Unreachable("there is no secure connection".into()),
        _ => Failure::Unreachable("the connection failed".into()),
    }
}

fn text<'a>(response: &'a Response<Vec<u8>>, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn media_type(response: &Response<Vec<u8>>) -> Result<String, Failure> {
    let written = text(response, &CONTENT_TYPE).unwrap_or_default();
    let media_type = written.split(';').next().unwrap_or_default().trim();
    if media_type.is_empty() || media_type.len() > 255 {
        return Err(Failure::Malformed("a manifest has no media type".into()));
    }
    Ok(media_type.to_ascii_lowercase())
}

fn digest_header(response: &Response<Vec<u8>>) -> Result<String, Failure> {
    let digest = text(response, &DOCKER_CONTENT_DIGEST).filter(|digest| is_digest(digest));
    let digest = digest.ok_or_else(|| Failure::Malformed("a manifest has no digest".into()))?;
    Ok(digest.to_owned())
}
