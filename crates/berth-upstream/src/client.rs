//! Manifests and blobs of an upstream registry.

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_domain::destination::LookUpError;
use berth_domain::manifest::{self, MANIFEST_BYTES};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, Method, Request, Response};
use thiserror::Error;
use url::{Position, Url};

use crate::allowed::{Allowed, NotCalled};
use crate::challenge::{self, Challenge};
use crate::content::digest_of;
use crate::limits::TOKEN_BYTES;
use crate::repository::Repository;

/// Why an upstream registry gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// It refuses what we show: 401 or 403.
    #[error("the upstream registry refuses our credentials ({0})")]
    Refused(u16),
    /// It has no such thing.
    #[error("the upstream registry has no such thing (404)")]
    NotFound,
    /// 429, with the seconds to wait where it says so.
    #[error("the upstream registry limits how much is pulled (429)")]
    RateLimited(Option<u32>),
    /// It is not reached, or answers nonsense; in words for the log and for administrators.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    fn of(words: impl Into<String>) -> Self {
        Self::Failed(words.into())
    }
}

/// Sends requests: one at a time, each with its time-outs.
pub trait Http {
    /// The body of an answer, of which nothing has been read.
    type Body;

    /// The addresses of a name.
    ///
    /// # Errors
    /// Why there are none.
    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError>;

    /// Sends a request without a body to its absolute URI. No redirect is followed.
    ///
    /// # Errors
    /// [`Failure::Failed`].
    fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Self::Body>, Failure>;

    /// Reads a body of at most `limit` bytes.
    ///
    /// # Errors
    /// [`Failure::Failed`], also where it is longer.
    fn read(&self, body: Self::Body, limit: usize) -> Result<Vec<u8>, Failure>;
}

/// A manifest's name, as the registry gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestHead {
    /// Its digest, where the registry says it.
    pub digest: Option<String>,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The digest of its bytes.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// A client of one repository. It is let in with the first request that needs it.
pub struct Client<'a, H> {
    /// Sends the requests.
    pub http: &'a H,
    /// The repository.
    pub repository: Repository,
    /// Where it may call.
    pub allowed: Allowed,
    /// User name and password.
    pub credentials: Option<(String, String)>,
    /// What it shows; none before it was asked to show something.
    pub authorization: RefCell<Option<String>>,
}

impl<H: Http> Client<'_, H> {
    /// Asks for the digest of a manifest: HEAD.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn manifest_head(&self, reference: &str) -> Result<ManifestHead, Failure> {
        let answer =
            self.get(&Method::HEAD, &format!("manifests/{reference}"), manifest::ACCEPT)?;
        let digest = text(answer.headers(), "docker-content-digest").map(str::to_owned);
        Ok(ManifestHead { digest })
    }

    /// Reads a manifest. One that is asked for by its digest has it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn manifest(&self, reference: &str) -> Result<Manifest, Failure> {
        let answer = self.get(&Method::GET, &format!("manifests/{reference}"), manifest::ACCEPT)?;
        let media_type = text(answer.headers(), CONTENT_TYPE.as_str()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
        let said = text(answer.headers(), "docker-content-digest").map(str::to_owned);
        let content = self.http.read(answer.into_body(), MANIFEST_BYTES)?;
        let wanted = if reference.contains(':') { Some(reference.to_owned()) } else { said };
        let digest = digest_of(&content, wanted.as_deref().unwrap_or_default());
        match wanted {
            Some(wanted) if wanted != digest => {
                Err(Failure::of("the upstream registry sends a manifest with another digest"))
            }
            _ => Ok(Manifest { digest, media_type, content }),
        }
    }

    /// Begins to read a blob: its length, where the registry says it, and its body.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn blob(&self, digest: &str) -> Result<(Option<u64>, H::Body), Failure> {
        let answer = self.get(&Method::GET, &format!("blobs/{digest}"), "*/*")?;
        let length = text(answer.headers(), CONTENT_LENGTH.as_str());
        Ok((length.and_then(|length| length.parse().ok()), answer.into_body()))
    }

    /// The answer to a request for something of the repository, if it is 200. Where the registry wants to be shown something, it is, once.
    fn get(&self, method: &Method, path: &str, accept: &str) -> Result<Response<H::Body>, Failure> {
        let url = self.repository.url(path);
        let shown = self.authorization.borrow().clone();
        let mut answer = self.follow(method, &url, accept, shown.as_deref())?;
        if answer.status() == 401
            && let Some(shown) = self.authorize(&answer)?
        {
            answer = self.follow(method, &url, accept, Some(&shown))?;
            self.authorization.replace(Some(shown));
        }
        match answer.status().as_u16() {
            200 => Ok(answer),
            _ => Err(failure(&answer)),
        }
    }

    /// What the registry of an answer wants to be shown; none where it wants what we do not have.
    fn authorize(&self, answer: &Response<H::Body>) -> Result<Option<String>, Failure> {
        let Some(challenge) = challenge::challenge(answer) else { return Ok(None) };
        let basic = self.credentials.as_ref().map(|(username, password)| {
            format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
        });
        if challenge.is("Basic") {
            return Ok(basic);
        }
        self.token(&challenge, basic.as_deref())
    }

    /// A token of the server that a challenge names.
    fn token(&self, challenge: &Challenge, basic: Option<&str>) -> Result<Option<String>, Failure> {
        let realm = challenge.realm.as_deref().and_then(|realm| Url::parse(realm).ok());
        let mut realm =
            realm.ok_or_else(|| Failure::of("the upstream registry names no token server"))?;
        if let Some(service) = &challenge.service {
            realm.query_pairs_mut().append_pair("service", service);
        }
        let scope = format!("repository:{}:pull", self.repository.name);
        realm.query_pairs_mut().append_pair("scope", &scope);
        let answer = self.follow(&Method::GET, &realm, "application/json", basic)?;
        match answer.status().as_u16() {
            200..=299 => {
                let body = self.http.read(answer.into_body(), TOKEN_BYTES)?;
                let token = challenge::token_in(&body);
                let token = token.ok_or_else(|| Failure::of("the token server gives no token"))?;
                Ok(Some(format!("{} {token}", challenge.scheme)))
            }
            _ => Err(failure(&answer)),
        }
    }

    /// The answer to a request, after redirects. What is shown is for the server that is asked first, and for no other.
    fn follow(
        &self,
        method: &Method,
        start: &Url,
        accept: &str,
        shown: Option<&str>,
    ) -> Result<Response<H::Body>, Failure> {
        let look_up = |name: &str| self.http.look_up(name);
        self.allowed.follow(start, look_up, |url, is_first| {
            let mut request = Request::builder()
                .method(method)
                .uri(&url[..Position::AfterQuery])
                .header(USER_AGENT, concat!("berth/", env!("CARGO_PKG_VERSION")))
                .header(ACCEPT, accept);
            if let Some(shown) = shown.filter(|_| is_first) {
                request = request.header(AUTHORIZATION, shown);
            }
            let request = request.body(Vec::new());
            self.http.send(request.map_err(|_| Failure::of("the upstream registry is no address"))?)
        })
    }
}

impl From<NotCalled> for Failure {
    fn from(why: NotCalled) -> Self {
        Self::Failed(match why {
            NotCalled::PlainHttp(host) | NotCalled::NoHttp(host) => {
                format!("{host} is not called: it is no https")
            }
            NotCalled::NoHost => "an address has no host".into(),
            NotCalled::NotResolved(host) => format!("{host} has no address"),
            NotCalled::Private(host) => {
                format!("{host} is private, and not in ssrf_allowed_hosts")
            }
            NotCalled::NotChecked(host) => {
                format!("it cannot be known where {host} leads (upstream_registries)")
            }
            NotCalled::NoAddress => "the upstream registry redirects to nowhere".into(),
            NotCalled::TooManyRedirects => "the upstream registry redirects too often".into(),
        })
    }
}

/// The failure for a status that is no success.
fn failure<B>(answer: &Response<B>) -> Failure {
    match answer.status().as_u16() {
        status @ (401 | 403) => Failure::Refused(status),
        404 => Failure::NotFound,
        429 => Failure::RateLimited(challenge::retry_after(answer, SystemTime::now().into())),
        status => Failure::of(format!("the upstream registry answers {status}")),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
