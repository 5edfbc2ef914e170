//! Why an upstream registry cannot be used: Quay's message, and in words for people what to do about it.

use berth_domain::destination::InvalidUpstream;
use berth_web::ApiError;
use berth_web::outbound::registry::Failure;

/// Why an upstream registry cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UpstreamError {
    /// What was written leads nowhere.
    Invalid(InvalidUpstream),
    /// It leads somewhere, but not to a registry that lets us in.
    Failed(Failure),
}

impl UpstreamError {
    /// As Quay says it.
    pub(crate) fn plain(&self) -> ApiError {
        ApiError::invalid_request(match self {
            Self::Invalid(invalid) => invalid.to_string(),
            Self::Failed(Failure::AddressNotAllowed(_)) => {
                "The provided registry URL is not allowed".to_owned()
            }
            Self::Failed(Failure::NotChecked(name)) => not_checked(name),
            Self::Failed(_) => {
                "Failed login to remote registry. Please verify entered details and try again."
                    .to_owned()
            }
        })
    }

    /// The same with the reason, for programs, and a hint, for people.
    pub(crate) fn explained(&self) -> ApiError {
        let (reason, hint) = self.explain();
        self.plain().with("reason", reason).with("hint", hint)
    }

    fn explain(&self) -> (&'static str, String) {
        match self {
            Self::Invalid(invalid) => explain_invalid(invalid),
            Self::Failed(failure) => explain_failure(failure),
        }
    }
}

fn explain_invalid(invalid: &InvalidUpstream) -> (&'static str, String) {
    match invalid {
        InvalidUpstream::NoHost => (
            "no_host",
            "Write the registry as host, host:port or host/namespace, like docker.io/library."
                .into(),
        ),
        InvalidUpstream::EmbeddedCredentials => (
            "embedded_credentials",
            "User name and password have members of their own: upstream_registry_username and \
            upstream_registry_password."
                .into(),
        ),
        InvalidUpstream::Host(host) => unresolved(host),
        InvalidUpstream::Port => ("invalid_port", "A port is a number between 1 and 65535.".into()),
    }
}

fn unresolved(name: &str) -> (&'static str, String) {
    let hint = format!(
        "No address is known for {name}: check the spelling, and leave out any https:// in front."
    );
    ("name_not_resolved", hint)
}

/// Quay always looks names up.
fn not_checked(name: &str) -> String {
    format!(
        "This host looks no names up, so it cannot be known whether {name} leads into a private \
        network. The operator decides: the setting upstream_registries names registries and their \
        token servers, and host_blocks_private_networks says that the host itself blocks private \
        networks."
    )
}

fn explain_failure(failure: &Failure) -> (&'static str, String) {
    let (reason, hint) = match failure {
        Failure::NameNotResolved(name) => return unresolved(name),
        Failure::AddressNotAllowed(name) => {
            let hint = format!(
                "{name} is in a private network, or may not be called from here. The operator \
                decides: settings ssrf_allowed_hosts and allowed_outbound_hosts."
            );
            return ("address_not_allowed", hint);
        }
        Failure::NotChecked(name) => return ("not_checked", not_checked(name)),
        Failure::RateLimited(seconds) => {
            let when = seconds.map_or("later".into(), |seconds| format!("in {seconds} seconds"));
            return ("rate_limited", format!("The registry has had enough: try again {when}."));
        }
        Failure::UpstreamError(status) => {
            let hint = format!("The registry answers with status {status}: ask who runs it.");
            return ("upstream_error", hint);
        }
        Failure::ConnectionRefused => (
            "connection_refused",
            "Nothing accepts connections there: check the port, and that the registry runs.",
        ),
        Failure::TimeOut => ("time_out", "The registry did not finish within 10 seconds."),
        Failure::Tls => (
            "tls",
            "No secure connection: the certificate is not valid for this host, or the registry \
            speaks plain HTTP, for which insecure must be true.",
        ),
        Failure::AuthenticationRefused => (
            "authentication_refused",
            "The registry refuses these credentials, or wants some and got none.",
        ),
        Failure::NotARegistry => (
            "not_a_registry",
            "What answers there does not speak the registry API under /v2/: check host and port.",
        ),
        Failure::TooManyRedirects => {
            ("too_many_redirects", "The registry sends us on and on: ask who runs it.")
        }
        Failure::AnswerTooLarge => {
            ("answer_too_large", "The registry's token does not end: ask who runs it.")
        }
        Failure::Unreachable => {
            ("unreachable", "The connection failed on the way: try again, then ask the operator.")
        }
    };
    (reason, hint.to_owned())
}
