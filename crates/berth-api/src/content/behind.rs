//! The registry behind: what is read of it, with a token that is signed for that.

use std::time::Duration;

use berth_domain::manifest::{self, MANIFEST_BYTES};
use berth_domain::settings;
use berth_web::outbound::streaming::{StreamedResponse, StreamingError, Timeouts, Upload};
use berth_web::registry::error;
use berth_web::registry_token;
use berth_web::{ApiError, Method, Services, StatusCode, header};
use http::{HeaderMap, Request};
use serde_json::Value;

use super::failure::{
    behind_failed, behind_unreachable, blob_unknown, manifest_unknown, name_unknown,
};
use super::media_type;
use super::reference::Reference;

/// How long the registry may take: it is near.
const TIMEOUTS: Timeouts =
    Timeouts { head: Duration::from_secs(30), pause: Duration::from_secs(60) };

/// How long the registry may take while it is written to. A client waits meanwhile: after 10 seconds it goes on alone.
const FILLING: Timeouts =
    Timeouts { head: Duration::from_secs(60), pause: Duration::from_secs(10) };

/// How much of an error is read, in bytes.
const ERROR_BYTES: usize = 64 * 1024;

/// A repository of the registry behind, and a token for it.
pub(super) struct Behind<'a> {
    services: &'a Services<'a>,
    url: String,
    token: String,
    name: String,
}

/// A manifest, as the registry behind has it.
pub(super) struct StoredManifest {
    /// Its media type.
    pub(super) media_type: String,
    /// Its digest.
    pub(super) digest: String,
    /// Its length, in bytes.
    pub(super) length: u64,
    /// Its bytes; none where only its head was asked for.
    pub(super) content: Vec<u8>,
}

/// Which resource a request is about: a registry that says nothing more than 404 means this one.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Manifest,
    Blob,
    Repository,
}

impl<'a> Behind<'a> {
    /// The repository of that name, to read from it. One statement.
    ///
    /// # Errors
    /// 404 where there is no registry behind; [`ApiError`] when no token can be signed.
    pub(super) fn open(services: &'a Services<'a>, name: &str) -> Result<Self, ApiError> {
        Self::for_actions(services, name, &["pull"])?.ok_or_else(|| {
            let message =
                "nothing is read through this address: the setting registry_url names no registry";
            error(StatusCode::NOT_FOUND, "UNSUPPORTED", message)
        })
    }

    /// The same to write to it as well; none where there is no registry behind. One statement.
    ///
    /// # Errors
    /// [`ApiError`] when no token can be signed.
    pub(super) fn open_to_fill(
        services: &'a Services<'a>,
        name: &str,
    ) -> Result<Option<Self>, ApiError> {
        Self::for_actions(services, name, &["pull", "push"])
    }

    fn for_actions(
        services: &'a Services<'a>,
        name: &str,
        actions: &[&str],
    ) -> Result<Option<Self>, ApiError> {
        let url = services.setting(&settings::REGISTRY_URL);
        if url.is_empty() {
            return Ok(None);
        }
        let token = registry_token::sign_own(services, name, actions)?;
        Ok(Some(Self { services, url, token, name: name.to_owned() }))
    }

    /// A manifest, or its head.
    ///
    /// # Errors
    /// 404; 502 and 503 when the registry does not answer as it should.
    pub(super) fn manifest(
        &self,
        method: &Method,
        reference: &Reference,
    ) -> Result<StoredManifest, ApiError> {
        let mut accept = HeaderMap::new();
        accept.insert(header::ACCEPT, header::HeaderValue::from_static(manifest::ACCEPT));
        let path = format!("manifests/{}", reference.as_str());
        let answer = self.ask(method, &path, accept, Of::Manifest)?;
        let digest = text(answer.headers(), "docker-content-digest").map(str::to_owned);
        let media_type = text(answer.headers(), "content-type").map(media_type::essence);
        let media_type = media_type.unwrap_or("application/octet-stream").to_owned();
        let length = text(answer.headers(), "content-length").and_then(|text| text.parse().ok());
        let content = match *method {
            Method::HEAD => Vec::new(),
            _ => read(answer, MANIFEST_BYTES)?,
        };
        let read_length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let length = if *method == Method::HEAD { length } else { Some(read_length) };
        let told = digest.zip(length);
        let (digest, length) = told.ok_or_else(|| behind_failed("a manifest without a digest"))?;
        Ok(StoredManifest { media_type, digest, length, content })
    }

    /// A blob, or its head, of which nothing is read yet. The headers are those of the client's request that say which part it wants.
    ///
    /// # Errors
    /// As [`Self::manifest`]; 416.
    pub(super) fn blob(
        &self,
        method: &Method,
        digest: &str,
        headers: HeaderMap,
    ) -> Result<StreamedResponse, ApiError> {
        self.ask(method, &format!("blobs/{digest}"), headers, Of::Blob)
    }

    /// JSON of at most so many bytes, and the headers that it came with.
    ///
    /// # Errors
    /// As [`Self::manifest`].
    pub(super) fn json(
        &self,
        path: &str,
        limit: usize,
        of: Of,
    ) -> Result<(Value, HeaderMap), ApiError> {
        let answer = self.ask(&Method::GET, path, HeaderMap::new(), of)?;
        let headers = answer.headers().clone();
        let json = serde_json::from_slice(&read(answer, limit)?);
        Ok((json.map_err(|_| behind_failed("an answer that is no JSON"))?, headers))
    }

    /// Begins to write a blob, in pieces. None where the registry does not let us, or does not answer: the log says why.
    pub(super) fn begin_upload(self, digest: &str) -> Option<BlobUpload> {
        let uploads = format!("{}/v2/{}/blobs/uploads/", self.url, self.name);
        let begun = self.write(Method::POST, &uploads, None, Vec::new(), StatusCode::ACCEPTED)?;
        let uri = self.located(&begun)?;
        let request = self.request(Method::PATCH, &uri, Some("application/octet-stream"))?;
        let client = self.services.streaming().ok()?;
        let upload = client.upload(request.body(()).ok()?, FILLING);
        let upload = upload.inspect_err(|error| eprintln!("error: the registry behind: {error}"));
        Some(BlobUpload { upload: upload.ok()?, name: self.name, digest: digest.to_owned() })
    }

    /// Writes a manifest by its digest; says whether the registry took it. It does not while it lacks a blob of it.
    pub(super) fn put_manifest(&self, digest: &str, media_type: &str, content: Vec<u8>) -> bool {
        let uri = format!("{}/v2/{}/manifests/{digest}", self.url, self.name);
        self.write(Method::PUT, &uri, Some(media_type), content, StatusCode::CREATED).is_some()
    }

    /// The answer to a request that writes, if it is the one that is expected.
    fn write(
        &self,
        method: Method,
        uri: &str,
        media_type: Option<&str>,
        body: Vec<u8>,
        expected: StatusCode,
    ) -> Option<StreamedResponse> {
        let request = self.request(method, uri, media_type)?.body(body).ok()?;
        match self.services.streaming().ok()?.send(request, TIMEOUTS) {
            Ok(answer) if answer.status() == expected => Some(answer),
            Ok(answer) => {
                eprintln!("error: the registry behind answers {} to {uri}", answer.status());
                None
            }
            Err(error) => {
                eprintln!("error: the registry behind: {error}");
                None
            }
        }
    }

    fn request(
        &self,
        method: Method,
        uri: &str,
        media_type: Option<&str>,
    ) -> Option<http::request::Builder> {
        let bearer = header::HeaderValue::try_from(format!("Bearer {}", self.token)).ok()?;
        let request = Request::builder().method(method).uri(uri);
        let request = request.header(header::AUTHORIZATION, bearer);
        Some(match media_type {
            Some(media_type) => request.header(header::CONTENT_TYPE, media_type),
            None => request,
        })
    }

    /// Where an answer says to go on, if that is at the registry.
    fn located(&self, answer: &StreamedResponse) -> Option<String> {
        let location = text(answer.headers(), "location")?;
        if location.starts_with('/') {
            return Some(format!("{}{location}", self.url));
        }
        let is_there = location.strip_prefix(&self.url).is_some_and(|rest| rest.starts_with('/'));
        if !is_there {
            eprintln!(
                "error: the registry behind redirects uploads: it needs `relativeurls: true`"
            );
        }
        is_there.then(|| location.to_owned())
    }

    /// The answer to a request, if it is one of success, or a redirect to where the registry has its blobs.
    fn ask(
        &self,
        method: &Method,
        path: &str,
        headers: HeaderMap,
        of: Of,
    ) -> Result<StreamedResponse, ApiError> {
        let uri = format!("{}/v2/{}/{path}", self.url, self.name);
        let mut request = Request::builder().method(method).uri(uri).body(Vec::new());
        if let Ok(request) = &mut request {
            *request.headers_mut() = headers;
            let bearer = format!("Bearer {}", self.token);
            let bearer =
                bearer.try_into().map_err(|_| behind_failed("a token that fits nowhere"))?;
            request.headers_mut().insert(header::AUTHORIZATION, bearer);
        }
        let request = request.map_err(|_| behind_failed("a name that fits into no address"))?;
        let client = self.services.streaming()?;
        let answer = client.send(request, TIMEOUTS).map_err(|error| behind_unreachable(&error))?;
        match answer.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(answer),
            StatusCode::TEMPORARY_REDIRECT | StatusCode::FOUND if matches!(of, Of::Blob) => {
                Ok(answer)
            }
            _ => Err(refusal(answer, of)),
        }
    }
}

/// A blob that is being written.
pub(super) struct BlobUpload {
    upload: Box<dyn Upload>,
    name: String,
    digest: String,
}

impl BlobUpload {
    /// Writes a piece.
    ///
    /// # Errors
    /// [`StreamingError`]: the registry takes nothing for 10 seconds, or no more.
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), StreamingError> {
        self.upload.write(piece)
    }

    /// Ends it; says whether the registry has the blob now. The token of the beginning may have had its time: there is another one.
    pub(super) fn finish(self, services: &Services<'_>) -> bool {
        let Self { upload, name, digest } = self;
        let Ok(Some(behind)) = Behind::open_to_fill(services, &name) else { return false };
        let answer = match upload.finish() {
            Ok(answer) if answer.status() == StatusCode::ACCEPTED => answer,
            Ok(answer) => {
                eprintln!("error: the registry behind answers {} to {digest}", answer.status());
                return false;
            }
            Err(error) => {
                eprintln!("error: the registry behind: {error}");
                return false;
            }
        };
        let Some(uri) = behind.located(&answer) else { return false };
        let and = if uri.contains('?') { '&' } else { '?' };
        let uri = format!("{uri}{and}digest={digest}");
        behind.write(Method::PUT, &uri, None, Vec::new(), StatusCode::CREATED).is_some()
    }
}

/// The codes that are passed on.
const CODES: &[&str] = &[
    "BLOB_UNKNOWN",
    "DIGEST_INVALID",
    "MANIFEST_INVALID",
    "MANIFEST_UNKNOWN",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "PAGINATION_NUMBER_INVALID",
    "TAG_INVALID",
    "UNSUPPORTED",
];

/// What a client learns of an answer that is none of success.
fn refusal(answer: StreamedResponse, of: Of) -> ApiError {
    let status = answer.status();
    match status {
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => {
            let told = read(answer, ERROR_BYTES).ok().and_then(|body| told(status, &body));
            told.unwrap_or_else(|| match of {
                Of::Manifest => manifest_unknown(),
                Of::Blob => blob_unknown(),
                Of::Repository => name_unknown(),
            })
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            error(status, "RANGE_INVALID", "the blob has no such range")
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => behind_failed(
            "it refuses a token of ours: its issuer, service or certificate are others (docs/registry.md)",
        ),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "UNAVAILABLE",
            "the registry behind Berth is busy",
        ),
        _ => behind_failed(&format!("it answers {status}")),
    }
}

/// The error that the registry itself names.
fn told(status: StatusCode, body: &[u8]) -> Option<ApiError> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let told = body.get("errors")?.get(0)?;
    let code = told.get("code")?.as_str()?;
    let code = CODES.iter().find(|known| **known == code)?;
    let message = told.get("message").and_then(Value::as_str).unwrap_or_default();
    Some(error(status, code, message))
}

/// The whole body of an answer.
///
/// # Errors
/// 502 when it breaks off or is longer than `limit`.
pub(super) fn read(answer: StreamedResponse, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut body = answer.into_body();
    let mut bytes = Vec::new();
    while let Some(piece) = body.read().map_err(|error| behind_unreachable(&error))? {
        bytes.extend(piece);
        if bytes.len() > limit {
            return Err(behind_failed(&format!("an answer of more than {limit} bytes")));
        }
    }
    Ok(bytes)
}

/// A header, if it is text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
