//! Where answers of the OAuth flows may go (`docs/contract/quay.md` 5.9).

use berth_domain::Application;
use berth_web::{Redirect, ResponseExt, WithHeaders, header};

/// The page of our own that shows a token to its user.
pub(crate) const LOCAL_APP: &str = "/oauth/localapp";

/// What an answer says by itself: a redirect URI cannot say it beforehand.
const OWN_PARAMETERS: [&str; 10] = [
    "access_token",
    "code",
    "error",
    "error_description",
    "expires_in",
    "id_token",
    "iss",
    "scope",
    "state",
    "token_type",
];

/// Schemes that a browser would act on by itself rather than hand over to an application.
const REFUSED_SCHEMES: [&str; 8] =
    ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"];

/// An answer that goes to a [`Target`].
pub(crate) type Sent = WithHeaders<Redirect>;

/// A URI that an answer may be sent to.
#[derive(Debug)]
pub(crate) struct Target(String);

impl Target {
    /// Verifies a redirect URI that a request names: our own page under `base_url`, or one at or below the registered one.
    pub(crate) fn verify(
        application: &Application,
        requested: &str,
        base_url: &str,
    ) -> Option<Self> {
        let own = requested.strip_prefix(base_url).is_some_and(|path| path == LOCAL_APP);
        let allowed = own || is_below(&application.redirect_uri, requested);
        allowed.then(|| Self(requested.to_owned()))
    }

    /// The registered URI itself, if answers can be sent there at all.
    pub(crate) fn registered(application: &Application) -> Option<Self> {
        let registered = &application.redirect_uri;
        is_below(registered, registered).then(|| Self(registered.clone()))
    }

    /// Scheme, host and port, in the form in which a content security policy lists them.
    pub(crate) fn origin(&self) -> String {
        match Uri::parse(&self.0) {
            Some(Uri {
                scheme: scheme @ ("http" | "https"), authority: Some(authority), ..
            }) => {
                format!("{scheme}://{authority}")
            }
            Some(uri) => format!("{}:", uri.scheme),
            None => "'none'".into(),
        }
    }

    /// Sends the browser there, with these parameters added to the query and these in the fragment.
    pub(crate) fn answer(&self, query: &[(&str, &str)], fragment: &[(&str, &str)]) -> Sent {
        let (address, own_query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let kept = own_query.split('&').filter(|pair| !pair.is_empty() && !is_ours(pair));
        let added = encode(query);
        let query: Vec<&str> = kept.chain((!added.is_empty()).then_some(added.as_str())).collect();
        let mut location = address.to_owned();
        if !query.is_empty() {
            location = format!("{location}?{}", query.join("&"));
        }
        if !fragment.is_empty() {
            location = format!("{location}#{}", encode(fragment));
        }
        WithHeaders::new(Redirect(location), |response| {
            response.with_header(header::REFERRER_POLICY, "no-referrer")
        })
    }
}

fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Whether a parameter of the redirect URI has the name of one that answers carry.
fn is_ours(pair: &str) -> bool {
    form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| OWN_PARAMETERS.contains(&name.as_ref()))
}

/// The parts of a URI, as written.
struct Uri<'a> {
    scheme: &'a str,
    authority: Option<&'a str>,
    path: &'a str,
}

impl<'a> Uri<'a> {
    /// Reads a URI that has a scheme, and only characters that a URI can have: what browsers would repair, such as a
    /// backslash or a line end, is refused. It has no fragment either (RFC 6749, 3.1.2).
    fn parse(text: &'a str) -> Option<Self> {
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte))
        {
            return None;
        }
        let (scheme, rest) = text.split_once(':')?;
        let lower = scheme.to_ascii_lowercase();
        let valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            && !REFUSED_SCHEMES.contains(&lower.as_str());
        let (rest, _query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.strip_prefix("//") {
            None => (None, rest),
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
        };
        let web = matches!(lower.as_str(), "http" | "https");
        let hosted = authority.is_some_and(|authority| !authority.is_empty());
        let plain = authority.unwrap_or_default().bytes().all(is_of_host);
        (valid && plain && (hosted || !web)).then_some(Self { scheme, authority, path })
    }
}

/// Whether hosts and ports have this character: a user's name before them would bring others.
fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte)
}

/// Whether `requested` is the registered URI or lies below it. The query is free, the rest is not: same scheme, same host
/// and port, no way up, and nothing encoded beyond what is registered.
fn is_below(registered: &str, requested: &str) -> bool {
    let (Some(registered), Some(requested)) = (Uri::parse(registered), Uri::parse(requested))
    else {
        return false;
    };
    let Some(beyond) = requested.path.strip_prefix(registered.path) else { return false };
    let at_a_boundary =
        beyond.is_empty() || beyond.starts_with('/') || registered.path.ends_with('/');
    requested.scheme == registered.scheme
        && requested.authority == registered.authority
        && at_a_boundary
        && !requested.path.contains('@')
        && !beyond.contains('%')
        && !decoded(requested.path).contains("..")
}

fn decoded(path: &str) -> String {
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use berth_web::IntoResponse;

    use super::*;

    const BASE: &str = "https://berth.example";

    fn application(redirect_uri: &str) -> Application {
        Application {
            id: 1,
            client_id: "C".into(),
            name: "one".into(),
            description: String::new(),
            application_uri: String::new(),
            redirect_uri: redirect_uri.into(),
            avatar_email: None,
            sealed_secret: None,
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn no_trick_leaves_the_registered_uri() {
        let registered = "https://good.example:8443/cb";
        for (requested, allowed) in [
            ("https://good.example:8443/cb", true),
            ("https://good.example:8443/cb?foo=1&bar", true),
            ("https://good.example:8443/cb/deep?foo=//evil.example", true),
            ("https://good.example:8443/cb/", true),
            // Another path, or one that only begins alike.
            ("https://good.example:8443/", false),
            ("https://good.example:8443/cbevil", false),
            ("https://good.example:8443/CB", false),
            ("https://good.example:8443/cb.evil", false),
            // Another host or port.
            ("https://evil.example/cb", false),
            ("https://good.example/cb", false),
            ("https://good.example:443/cb", false),
            ("https://good.example:84430/cb", false),
            ("https://good.example:8443:80/cb", false),
            ("https://good.example:8443.evil.example/cb", false),
            ("https://evilgood.example:8443/cb", false),
            ("https://sub.good.example:8443/cb", false),
            ("https://good.example.:8443/cb", false),
            ("https://GOOD.example:8443/cb", false),
            ("//good.example:8443/cb", false),
            ("//evil.example/cb", false),
            ("///evil.example/cb", false),
            ("https:good.example:8443/cb", false),
            ("https:///good.example:8443/cb", false),
            // Another scheme.
            ("http://good.example:8443/cb", false),
            ("HTTPS://good.example:8443/cb", false),
            ("ftp://good.example:8443/cb", false),
            ("javascript:alert(1)//good.example:8443/cb", false),
            ("data:text/html,https://good.example:8443/cb", false),
            // A user before the host.
            ("https://good.example:8443@evil.example/cb", false),
            ("https://user@good.example:8443/cb", false),
            ("https://user:password@good.example:8443/cb", false),
            ("https://good.example:8443%40evil.example/cb", false),
            ("https://good.example:8443/cb/@evil.example", false),
            // Up, in any writing.
            ("https://good.example:8443/cb/../evil", false),
            ("https://good.example:8443/cb/..", false),
            ("https://good.example:8443/cb/%2e%2e/evil", false),
            ("https://good.example:8443/cb/%2E./evil", false),
            ("https://good.example:8443/cb/%252e%252e/evil", false),
            ("https://good.example:8443/cb/..%2fevil", false),
            ("https://good.example:8443/x/../cb", false),
            // Encoded beyond what is registered.
            ("https://good.example:8443/cb%2fdeep", false),
            ("https://good.example:8443/cb/%0d%0aset-cookie:x", false),
            ("https://good.example:8443/%63b", false),
            // What browsers would repair.
            ("https:\\\\good.example:8443\\cb", false),
            ("https://evil.example\\@good.example:8443/cb", false),
            ("https://good.example:8443\\.evil.example/cb", false),
            ("https://good.example:8443/cb\r\nset-cookie: x", false),
            (" https://good.example:8443/cb", false),
            ("https://good.example:8443/cb ", false),
            ("ht\ttps://good.example:8443/cb", false),
            ("https://good。example:8443/cb", false),
            ("https://göod.example:8443/cb", false),
            // A fragment.
            ("https://good.example:8443/cb#", false),
            ("https://good.example:8443/cb#evil", false),
            ("https://evil.example#good.example:8443/cb", false),
            ("https://evil.example?https://good.example:8443/cb", false),
            ("", false),
            ("/cb", false),
            ("cb", false),
            // Our own page, exactly.
            ("https://berth.example/oauth/localapp", true),
            ("https://berth.example/oauth/localapp?x=1", false),
            ("https://berth.example/oauth/localapp/", false),
            ("https://berth.example.evil.example/oauth/localapp", false),
            ("http://berth.example/oauth/localapp", false),
        ] {
            let found = Target::verify(&application(registered), requested, BASE).is_some();
            assert_eq!(found, allowed, "{requested}");
        }
    }

    #[test]
    fn a_registered_uri_that_leads_nowhere_admits_nothing() {
        for (registered, requested) in [
            ("", ""),
            ("", "https://evil.example/"),
            ("not a url", "not a url"),
            ("/cb", "/cb"),
            ("//good.example/cb", "//good.example/cb"),
            ("http:", "http:"),
            ("https://", "https://"),
            ("https:///cb", "https:///cb"),
            ("javascript:alert(1)", "javascript:alert(1)"),
            ("JavaScript://good.example/%0aalert(1)", "JavaScript://good.example/%0aalert(1)"),
            ("https://user@good.example/", "https://user@good.example/"),
        ] {
            let application = application(registered);
            assert!(Target::verify(&application, requested, BASE).is_none(), "{registered}");
            assert!(Target::registered(&application).is_none(), "{registered}");
        }
    }

    #[test]
    fn roots_and_schemes_of_applications() {
        for (registered, requested, allowed) in [
            ("https://good.example", "https://good.example", true),
            ("https://good.example", "https://good.example/any/where", true),
            ("https://good.example", "https://good.example.evil.example/", false),
            ("https://good.example/", "https://good.example/any", true),
            ("https://good.example/", "https://good.example", false),
            ("https://good.example/a%2Fb", "https://good.example/a%2Fb/c", true),
            ("http://[::1]:8080/cb", "http://[::1]:8080/cb", true),
            ("com.example.app:/cb", "com.example.app:/cb", true),
            ("com.example.app://cb", "com.example.app://cb", true),
            ("com.example.app:/cb", "com.example.other:/cb", false),
        ] {
            let found = Target::verify(&application(registered), requested, BASE).is_some();
            assert_eq!(found, allowed, "{registered} {requested}");
        }
    }

    fn address(answer: impl IntoResponse) -> String {
        let response = answer.into_response();
        let location = response.headers().get(header::LOCATION).expect("a redirect says where to");
        location.to_str().expect("nothing but ASCII").to_owned()
    }

    #[test]
    fn an_answer_keeps_the_query_but_what_only_an_answer_says() {
        let target = |requested: &str| {
            Target::verify(&application("https://good.example/cb"), requested, BASE)
                .unwrap_or_else(|| panic!("{requested}"))
        };
        let location = |requested: &str| {
            address(target(requested).answer(&[("scope", "a b"), ("state", "x&y")], &[]))
        };
        assert_eq!(
            location("https://good.example/cb"),
            "https://good.example/cb?scope=a+b&state=x%26y"
        );
        assert_eq!(
            location("https://good.example/cb?a=%20b&c&code=evil&st%61te=evil&&d=1"),
            "https://good.example/cb?a=%20b&c&d=1&scope=a+b&state=x%26y"
        );
        let answer = target("https://good.example/cb?a").answer(&[], &[("access_token", "t")]);
        assert_eq!(address(answer), "https://good.example/cb?a#access_token=t");
    }

    #[test]
    fn origins_are_fit_for_a_policy() {
        let origin =
            |uri: &str| Target::registered(&application(uri)).map(|target| target.origin());
        assert_eq!(
            origin("https://good.example:1/cb?x").as_deref(),
            Some("https://good.example:1")
        );
        assert_eq!(origin("com.example.app:/cb").as_deref(), Some("com.example.app:"));
        assert_eq!(origin("https://good.example;script-src/cb"), None);
    }
}
