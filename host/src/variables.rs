//! Spin variables: `[variables]` of the manifest, their values in order of precedence
//! (`--variable`, the environment variable `SPIN_VARIABLE_<NAME>`, the default), and the `{{ name }}`
//! templates that use them. Values never change while the host runs, so everything is resolved once
//! at start.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use crate::manifest::Variable;

/// The values of an application's variables.
pub(crate) struct Values(BTreeMap<String, String>);

impl Values {
    /// Gives every declared variable its value. `given` are those of the command line.
    pub(crate) fn resolve(
        declared: &BTreeMap<String, Variable>,
        given: &[(String, String)],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        for (name, _) in given {
            ensure!(
                declared.contains_key(name),
                "--variable {name}: the manifest declares no variable {name:?}"
            );
        }
        let value = |name: &str, variable: &Variable| {
            let from_command_line =
                given.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.clone());
            from_command_line
                .or_else(|| environment(&environment_name(name)))
                .or_else(|| variable.default.clone())
                .with_context(|| {
                    format!(
                        "variable {name:?} is required but has no value: pass --variable {name}=... or set {}",
                        environment_name(name)
                    )
                })
        };
        declared
            .iter()
            .map(|(name, variable)| Ok((name.clone(), value(name, variable)?)))
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Replaces each `{{ name }}` in `template` by its value.
    pub(crate) fn expand(&self, template: &str) -> Result<String> {
        let mut expanded = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((literal, tail)) = rest.split_once("{{") {
            let Some((name, tail)) = tail.split_once("}}") else {
                bail!("template {template:?} has {{{{ without }}}}");
            };
            let name = name.trim();
            let value = self.0.get(name);
            expanded.push_str(literal);
            expanded.push_str(value.with_context(|| {
                format!("template {template:?} uses undeclared variable {name:?}")
            })?);
            rest = tail;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

fn environment_name(variable: &str) -> String {
    format!("SPIN_VARIABLE_{}", variable.to_ascii_uppercase())
}

/// Parses the `NAME=VALUE` of `--variable`.
pub(crate) fn parse_assignment(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn declared() -> BTreeMap<String, Variable> {
        toml::from_str("a = { default = \"manifest\" }\nb_2 = { required = true }").unwrap()
    }

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_flag_comes_before_the_environment_and_that_before_the_default() {
        let environment =
            |name: &str| (name == "SPIN_VARIABLE_B_2").then(|| "environment".to_owned());
        let values = Values::resolve(&declared(), &[], environment).unwrap();
        assert_eq!(values.expand("{{a}} {{ b_2 }}").unwrap(), "manifest environment");
        let flags = given(&[("b_2", "first"), ("b_2", "last"), ("a", "")]);
        let values = Values::resolve(&declared(), &flags, environment).unwrap();
        assert_eq!(values.expand("<{{a}}> {{ b_2 }}").unwrap(), "<> last");
    }

    #[test]
    fn what_has_no_value_or_no_declaration_is_named() {
        let error = Values::resolve(&declared(), &[], |_| None).err().unwrap().to_string();
        assert!(
            error.contains("--variable b_2=") && error.contains("SPIN_VARIABLE_B_2"),
            "{error}"
        );
        let error = Values::resolve(&declared(), &given(&[("c", "1")]), |_| None)
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("the manifest declares no variable \"c\""), "{error}");
        let values = Values::resolve(&declared(), &given(&[("b_2", "")]), |_| None).unwrap();
        assert!(
            values.expand("{{ c }}").unwrap_err().to_string().contains("undeclared variable \"c\"")
        );
        assert!(values.expand("{{ a").unwrap_err().to_string().contains("{{ without }}"));
    }
}
