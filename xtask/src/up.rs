//! `cargo xtask up`: builds everything, then becomes `berth up`.

use anyhow::{Context, Result};
use berth_domain::settings;

use crate::build;

/// Builds, and serves with the given flags of `berth up`.
pub(crate) fn run(flags: &[String]) -> Result<()> {
    if !flags.iter().any(|flag| flag == "--help" || flag == "-h") {
        check_settings(flags)?;
        build::all()?;
    } else {
        build::programs()?;
    }
    let mut arguments = vec!["up".to_owned()];
    arguments.extend_from_slice(flags);
    build::become_binary("berth", &arguments)
}

/// Refuses a setting whose value cannot be used, before anything is built. Values come from `--variable`, from the
/// environment and from the manifest, as `berth up` reads them.
fn check_settings(flags: &[String]) -> Result<()> {
    let manifest = read_manifest(flags)?;
    for row in settings::ALL.iter().chain(settings::HRANA) {
        let variable = format!("SPIN_VARIABLE_{}", row.name.to_uppercase());
        let prefix = format!("{}=", row.name);
        let given = flags.iter().filter_map(|flag| {
            let value = flag.strip_prefix("--variable=").unwrap_or(flag);
            value.strip_prefix(&prefix).map(str::to_owned)
        });
        let given: Vec<String> = given.chain(std::env::var(variable).ok()).collect();
        for value in &given {
            (row.check)(value)?;
        }
        if let (Some(default), true) = (default_of(&manifest, row.name), given.is_empty()) {
            (row.check)(default).context("a default of the manifest")?;
        }
    }
    Ok(())
}

/// The manifest that will be served.
fn read_manifest(flags: &[String]) -> Result<toml::Table> {
    let after = |flag: &String| flags.iter().skip_while(|other| *other != flag).nth(1).cloned();
    let from = flags.iter().find_map(|flag| match flag.strip_prefix("--from") {
        Some("") => after(flag),
        Some(path) => path.strip_prefix('=').map(str::to_owned),
        None => None,
    });
    let path = from.unwrap_or_else(|| "spin.toml".to_owned());
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    text.parse().with_context(|| format!("in {path}"))
}

fn default_of<'a>(manifest: &'a toml::Table, name: &str) -> Option<&'a str> {
    manifest.get("variables")?.get(name)?.get("default")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::root;

    /// The message for a manifest with a changed text, served with `flags`.
    fn check(old: &str, new: &str, flags: &[&str]) -> Result<()> {
        let text = std::fs::read_to_string(root().join("spin.toml")).expect("spin.toml is there");
        assert!(text.contains(old), "{old}");
        let name = format!("xtask-{}-{:?}", std::process::id(), std::thread::current().id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text.replacen(old, new, 1)).expect("a file");
        let from = format!("--from={}", path.display());
        let flags = flags.iter().copied().chain([from.as_str()]).map(str::to_owned);
        let result = check_settings(&flags.collect::<Vec<_>>());
        std::fs::remove_file(path).expect("the file is ours");
        result
    }

    #[test]
    fn an_unusable_setting_is_refused_by_name() {
        let flags = |value| check("", "", &["--variable", value]);
        let error = flags("feature_team_syncing=true").unwrap_err();
        assert!(error.to_string().contains("feature_team_syncing"), "{error}");
        assert!(flags("fresh_login_timeout=5m").is_ok());
    }

    #[test]
    fn so_is_an_unusable_default_that_counts() {
        let old = "fresh_login_timeout = { default = \"10m\" }";
        let new = "fresh_login_timeout = { default = \"soon\" }";
        let error = format!("{:#}", check(old, new, &[]).unwrap_err());
        assert!(error.contains("fresh_login_timeout") && error.contains("manifest"), "{error}");
        assert!(check(old, new, &["--variable=fresh_login_timeout=5m"]).is_ok());
    }

    #[test]
    fn a_manifest_that_is_not_there_is_named() {
        let error = check_settings(&["--from".into(), "nowhere.toml".into()]).unwrap_err();
        assert_eq!(error.to_string(), "cannot read nowhere.toml");
    }
}
