//! `cargo xtask up`: builds everything, then becomes `berth up`.

use anyhow::Result;
use berth_domain::settings;

use crate::build;

/// Builds, and serves with the given flags of `berth up`.
pub(crate) fn run(flags: &[String]) -> Result<()> {
    check_settings(flags)?;
    if !flags.iter().any(|flag| flag == "--help" || flag == "-h") {
        build::components()?;
    }
    build::host()?;
    let mut arguments = vec!["up".to_owned()];
    arguments.extend_from_slice(flags);
    build::become_binary("berth", &arguments)
}

/// Refuses a setting whose value cannot be used, before anything is built. Values come from `--variable` and from the
/// environment, as `berth up` reads them.
fn check_settings(flags: &[String]) -> Result<()> {
    for row in settings::ALL {
        let variable = format!("SPIN_VARIABLE_{}", row.name.to_uppercase());
        let prefix = format!("{}=", row.name);
        let given = flags.iter().filter_map(|flag| {
            let value = flag.strip_prefix("--variable=").unwrap_or(flag);
            value.strip_prefix(&prefix).map(str::to_owned)
        });
        for value in given.chain(std::env::var(variable).ok()) {
            (row.check)(&value)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_settings;

    #[test]
    fn an_unusable_setting_is_refused_by_name() {
        let flags = |value: &str| vec!["--variable".to_owned(), value.to_owned()];
        let error = check_settings(&flags("feature_team_syncing=true")).unwrap_err();
        assert!(error.to_string().contains("feature_team_syncing"), "{error}");
        assert!(check_settings(&flags("fresh_login_timeout=5m")).is_ok());
    }
}
