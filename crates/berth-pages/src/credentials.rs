//! Credentials as people use them: to sign in on a command line, in a cluster, in a file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_web::{Response, ResponseExt, StatusCode, header, response};
use maud::{Markup, html};
use serde_json::json;

use crate::parts;
use crate::visit::Visit;

/// All forms of the credentials of `name`; the files are below `page`.
pub(crate) fn sheet(visit: &Visit<'_>, name: &str, token: &str, page: &str) -> Markup {
    let t = visit.texts;
    let host = visit.registry_host();
    let login = format!("docker login -u='{name}' -p='{token}' {host}");
    let podman = login.replacen("docker", "podman", 1);
    html! {
        (parts::secret(visit, "user-name", t.user_name, name))
        (parts::secret(visit, "token", t.token, token))
        (parts::secret(visit, "docker-login", t.docker_login, &login))
        (parts::secret(visit, "podman-login", t.podman_login, &podman))
        (parts::secret(visit, "kubernetes", t.kubernetes_secret, &kubernetes(&host, name, token)))
        div.actions {
            a.button.small href={ (page) "/config.json" } download { (t.download_config) }
            a.button.small href={ (page) "/secret.yaml" } download { (t.download_secret) }
            button.small type="button" data-print hidden { (t.print) }
        }
    }
}

/// The configuration file of docker and podman, with these credentials alone.
fn config(host: &str, name: &str, token: &str) -> String {
    let auth = STANDARD.encode(format!("{name}:{token}"));
    let config = json!({ "auths": { host: { "auth": auth, "email": "" } } });
    format!("{config:#}\n")
}

/// The name of a secret in a cluster: small letters, digits and hyphens.
fn secret_name(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let plain =
        lower.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
    format!("{}-pull-secret", plain.collect::<String>().trim_matches('-'))
}

fn kubernetes(host: &str, name: &str, token: &str) -> String {
    let config = STANDARD.encode(config(host, name, token));
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {}\ndata:\n  .dockerconfigjson: {config}\ntype: kubernetes.io/dockerconfigjson\n",
        secret_name(name)
    )
}

/// `config.json` to download.
pub(crate) fn config_file(visit: &Visit<'_>, name: &str, token: &str) -> Response {
    let text = config(&visit.registry_host(), name, token);
    file("application/json", &format!("{}-config.json", secret_name(name)), text)
}

/// The secret of a cluster to download.
pub(crate) fn secret_file(visit: &Visit<'_>, name: &str, token: &str) -> Response {
    let text = kubernetes(&visit.registry_host(), name, token);
    file("application/yaml", &format!("{}.yaml", secret_name(name)), text)
}

/// A file that browsers keep where people say, and nowhere else.
pub(crate) fn file(media_type: &'static str, name: &str, text: String) -> Response {
    response::text(StatusCode::OK, media_type, text)
        .with_header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .with_header(header::CACHE_CONTROL, "no-store")
        .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}
