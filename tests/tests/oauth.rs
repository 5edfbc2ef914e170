//! The OAuth flows on the real components: in a real browser, and with a client library that does not know Berth.
#![cfg(feature = "end-to-end")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use berth_tests::Browser;
use berth_tests::{Client, Host, Session, target_directory};
use oauth2::basic::{BasicClient, BasicTokenType};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointSet, HttpRequest,
    HttpResponse, IntrospectionUrl, PkceCodeChallenge, RedirectUrl, RevocationUrl, Scope,
    StandardRevocableToken, TokenIntrospectionResponse as _, TokenResponse as _, TokenUrl,
};
use serde_json::{Value, json};
use ureq::http::Uri;

/// A host with the user `ana`, her organization `acme` and an application of it.
struct Ground {
    host: Host,
    application: Value,
    callback: String,
}

impl Ground {
    fn new(callback: &str) -> Self {
        let host = Host::new();
        let ana = host.client().initialize("ana");
        let made = ana.post("/api/v1/organization/", &json!({ "name": "acme" }));
        assert_eq!(made.status, 201, "{made}");
        let body = json!({
            "name": "Release robot",
            "redirect_uri": callback,
            "application_uri": "https://robot.example",
            "description": "Publishes what the build made.",
        });
        let made = ana.post("/api/v1/organization/acme/applications", &body);
        assert_eq!(made.status, 200, "{made}");
        Self { application: made.json(), host, callback: callback.to_owned() }
    }

    fn text(&self, name: &str) -> String {
        self.application[name].as_str().expect("a text").to_owned()
    }

    fn authorize_url(&self, flow: &str, scope: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", &self.text("client_id"));
        query.append_pair("redirect_uri", &self.callback);
        query.append_pair("response_type", flow).append_pair("scope", scope);
        format!("{}/oauth/authorize?{}", self.host.base(), query.finish())
    }

    /// The members of the organization, as `token` sees them: 200 with `org:admin`.
    fn members(&self, token: &str) -> u16 {
        self.host.client().bearer(token).get("/api/v1/organization/acme/members").status
    }

    /// None of these is in the log.
    fn assert_log_without(&self, secrets: &[&str]) {
        let log = self.host.log();
        for secret in secrets.iter().chain(&[self.text("client_secret").as_str()]) {
            assert!(!log.contains(secret), "the log tells {secret}:\n{log}");
        }
    }
}

/// The server of an application: it says hello to everybody, until the test ends.
fn callback() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
            );
        }
    });
    format!("http://{address}/callback")
}

/// The value of a parameter in query or fragment of a location.
fn part(location: &str, name: &str) -> String {
    let pairs = location.split(['?', '#']).skip(1);
    let mut pairs = pairs.flat_map(|part| form_urlencoded::parse(part.as_bytes()));
    let found = pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("no {name} in {location}"))
}

#[test]
fn the_implicit_flow_in_a_browser_that_runs_no_scripts() {
    let ground = Ground::new(&callback());
    let browser = Browser::open(false);
    browser.go(&ground.authorize_url("token", "org:admin repo:read"));
    assert_eq!(browser.title(), "Sign in · Berth");
    browser.screenshot(&target_directory().join("screenshots/sign-in.png"));
    browser.type_into("input[name=username]", "ana");
    browser.type_into("input[name=password]", "password");
    browser.follow("#sign-in");
    let page = browser.text();
    for text in ["Release robot", "acme", "ana", "Administer Organization", "Dangerous"] {
        assert!(page.contains(text), "{text} is missing:\n{page}");
    }
    browser.screenshot(&target_directory().join("screenshots/consent.png"));
    browser.follow("#allow");
    let location = browser.wait_for(&ground.callback);
    let token = part(&location, "access_token");
    assert_eq!(ground.members(&token), 200);
    // The same link again asks again: no link makes a token.
    browser.go(&ground.authorize_url("token", "org:admin repo:read"));
    browser.follow("#deny");
    let location = browser.wait_for(&format!("{}?error", ground.callback));
    assert_eq!(part(&location, "error"), "authorization_denied");
    ground.assert_log_without(&[&token, "access_token="]);
}

#[test]
fn the_code_flow_of_a_public_client_in_a_browser() {
    let ground = Ground::new(&callback());
    let client = ground.library_client();
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scope(Scope::new("org:admin".into()))
        .set_pkce_challenge(challenge)
        .url();
    let browser = Browser::open(true);
    browser.go(url.as_str());
    browser.type_into("input[name=username]", "ana");
    browser.type_into("input[name=password]", "wrong");
    browser.follow("#sign-in");
    assert!(browser.text().contains("not the name and password"));
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    browser.type_into("input[name=username]", "ana");
    browser.type_into("input[name=password]", "password");
    browser.follow("#sign-in");
    browser.follow("#allow");
    let location = browser.wait_for(&ground.callback);
    assert_eq!(&part(&location, "state"), state.secret());
    let code = part(&location, "code");
    let token = client
        .exchange_code(AuthorizationCode::new(code.clone()))
        .set_pkce_verifier(verifier)
        .request(&send)
        .expect("a token");
    assert_eq!(ground.members(token.access_token().secret()), 200);
    ground.assert_log_without(&[&code, token.access_token().secret()]);
}

type LibraryClient = oauth2::basic::BasicClient<
    EndpointSet,
    oauth2::EndpointNotSet,
    EndpointSet,
    EndpointSet,
    EndpointSet,
>;

impl Ground {
    /// The client library, as a public client.
    fn library_client(&self) -> LibraryClient {
        let at = |path: &str| format!("{}{path}", self.host.base());
        let url = |path: &str| at(path);
        // The library insists on https for revocation; `send` takes that back.
        let revoke = at("/oauth/revoke").replace("http://", "https://");
        BasicClient::new(ClientId::new(self.text("client_id")))
            .set_auth_uri(AuthUrl::new(url("/oauth/authorize")).expect("a URL"))
            .set_token_uri(TokenUrl::new(url("/oauth/access_token")).expect("a URL"))
            .set_introspection_url(IntrospectionUrl::new(url("/oauth/introspect")).expect("a URL"))
            .set_revocation_url(RevocationUrl::new(revoke).expect("a URL"))
            .set_redirect_uri(RedirectUrl::new(self.callback.clone()).expect("a URL"))
    }

    /// Goes through the flow as a person would, without a browser; gives the location of the answer.
    fn agree(&self, url: &str) -> String {
        let session = Session::sign_in(&self.host.client(), "ana", "password");
        let (_, query) = url.split_once('?').expect("a query");
        let asked = session.client().get(&format!("/oauth/authorize?{query}"));
        assert_eq!(asked.status, 200, "{asked}");
        let reply = session.client().post_form("/oauth/authorizeapp", query);
        reply.header("location").unwrap_or_else(|| panic!("no redirect: {reply}")).to_owned()
    }
}

/// Sends the library's requests.
fn send(request: HttpRequest) -> Result<HttpResponse, std::io::Error> {
    let uri: Uri = request.uri().to_string().parse().expect("a URI");
    let mut client = Client::new(&format!("http://{}", uri.authority().expect("a host")));
    for (name, value) in request.headers() {
        if name != "content-type" {
            client = client.header(name.as_str(), value.to_str().expect("a text"));
        }
    }
    let kind = request.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let reply = client.send(request.method().as_str(), uri.path(), kind, request.body());
    let mut response = ureq::http::Response::builder().status(reply.status);
    for (name, value) in reply.headers.iter().filter(|(name, _)| name == "content-type") {
        response = response.header(name, value);
    }
    Ok(response.body(reply.body.into_bytes()).expect("a response"))
}

#[test]
fn a_client_library_that_keeps_a_secret() {
    let ground = Ground::new("https://robot.example/cb");
    let client =
        ground.library_client().set_client_secret(ClientSecret::new(ground.text("client_secret")));
    for with_pkce in [false, true] {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request = client.authorize_url(CsrfToken::new_random);
        let request = request.add_scope(Scope::new("org:admin".into()));
        let (url, state) = match with_pkce {
            true => request.set_pkce_challenge(challenge).url(),
            false => request.url(),
        };
        let location = ground.agree(url.as_str());
        assert_eq!(&part(&location, "state"), state.secret());
        let exchange = || client.exchange_code(AuthorizationCode::new(part(&location, "code")));
        let token = match with_pkce {
            true => exchange().set_pkce_verifier(verifier).request(&send),
            false => exchange().request(&send),
        };
        let token = token.expect("a token");
        assert_eq!(token.token_type(), &BasicTokenType::Bearer);
        assert_eq!(token.refresh_token().map(|token| token.secret().clone()), None);
        assert_eq!(ground.members(token.access_token().secret()), 200);
        let introspected =
            client.introspect(token.access_token()).request(&send).expect("an answer");
        assert!(introspected.active());
        assert_eq!(introspected.username(), Some("ana"));
        let revoke = client
            .revoke_token(StandardRevocableToken::AccessToken(token.access_token().clone()))
            .expect("a revocation URL");
        revoke.request(&send).expect("it is revoked");
        assert_eq!(ground.members(token.access_token().secret()), 401);
        let introspected =
            client.introspect(token.access_token()).request(&send).expect("an answer");
        assert!(!introspected.active());
        assert!(exchange().request(&send).is_err(), "a code works once");
        ground.assert_log_without(&[token.access_token().secret(), &part(&location, "code")]);
    }
}

#[test]
fn a_client_library_in_the_implicit_flow() {
    let ground = Ground::new("https://robot.example/cb");
    let client = ground.library_client();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .use_implicit_flow()
        .add_scope(Scope::new("org:admin".into()))
        .add_scope(Scope::new("repo:read".into()))
        .url();
    let location = ground.agree(url.as_str());
    assert_eq!(&part(&location, "state"), state.secret());
    assert_eq!(ground.members(&part(&location, "access_token")), 200);
}

#[test]
fn the_first_token_without_any_browser() {
    let ground = Ground::new("https://robot.example/cb");
    let binary = target_directory().join("debug/berth");
    let made = std::process::Command::new(binary)
        .args(["token", "create", "--user", "ana", "--scope", "org:admin user:admin"])
        .args(["--expires", "90d", "--state-dir"])
        .arg(ground.host.state().path())
        .output()
        .expect("the host's binary runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let token = String::from_utf8(made.stdout).expect("a text");
    assert_eq!(ground.members(token.trim()), 200);
    assert_eq!(token.trim().len(), 40);
}
