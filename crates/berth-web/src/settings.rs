//! The settings of one request: each is asked of the host once at most.

use std::cell::RefCell;

use berth_domain::settings::{self, AnySetting, Setting, Settings};

use crate::error::ApiError;
use crate::platform::Variables;

/// What the pipeline reads, when a request comes to need it: every component has these. Rows declare what else they need.
pub const PIPELINE_SETTINGS: Settings = &[
    &settings::ACTION_LOG_AUDIT_LOGINS,
    &settings::BROWSER_API_CALLS_XHR_ONLY,
    &settings::CORS_ORIGIN,
    &settings::DIRECT_OAUTH_CLIENTID_WHITELIST,
    &settings::FEATURE_ANONYMOUS_ACCESS,
    &settings::FEATURE_DIRECT_LOGIN,
    &settings::FEATURE_RESTRICTED_USERS,
    &settings::FEATURE_SUPERUSERS_FULL_ACCESS,
    &settings::FEATURE_SUPERUSERS_ORG_CREATION_ONLY,
    &settings::FEATURE_SUPER_USERS,
    &settings::FRESH_LOGIN_TIMEOUT,
    &settings::GLOBAL_READONLY_SUPER_USERS,
    &settings::LOG_RETENTION,
    &settings::PREFERRED_URL_SCHEME,
    &settings::REGISTRY_STATE,
    &settings::RESTRICTED_USERS_WHITELIST,
    &settings::SECRET_KEY,
    &settings::SECRET_KEY_PREVIOUS,
    &settings::SERVER_HOSTNAME,
    &settings::SIGN_IN_FAILURES_PER_MINUTE,
    &settings::SUPER_USERS,
    &settings::TRUSTED_PROXIES,
];

/// How many settings most requests read, at most.
const USUAL_COUNT: usize = 16;

/// The settings that a request has read.
pub(crate) struct Snapshot<'a> {
    variables: &'a dyn Variables,
    values: RefCell<Vec<Value>>,
}

struct Value {
    name: &'static str,
    text: String,
    /// Whether it is usable, and handlers may use it: what the pipeline reads of one request it may not read of the next.
    declared: bool,
}

impl<'a> Snapshot<'a> {
    /// None are read yet.
    pub(crate) fn new(variables: &'a dyn Variables) -> Self {
        Self { variables, values: RefCell::new(Vec::with_capacity(USUAL_COUNT)) }
    }

    /// Reads a setting for handlers.
    pub(crate) fn declare(&self, setting: &dyn AnySetting) -> Result<(), ApiError> {
        let position = self.load(setting.name())?;
        let value = &mut self.values.borrow_mut()[position];
        setting.check(&value.text)?;
        value.declared = true;
        Ok(())
    }

    /// The value of a setting for the pipeline.
    pub(crate) fn read<T>(&self, setting: &Setting<T>) -> Result<T, ApiError> {
        let is_given = PIPELINE_SETTINGS.iter().any(|known| known.name() == setting.name);
        debug_assert!(is_given, "not every component has the setting `{}`", setting.name);
        let position = self.load(setting.name)?;
        Ok(setting.parse(&self.values.borrow()[position].text)?)
    }

    /// The value of a setting that was declared.
    pub(crate) fn get<T>(&self, setting: &Setting<T>) -> T {
        let values = self.values.borrow();
        let value = values.iter().find(|value| value.declared && value.name == setting.name);
        match value.map(|value| setting.parse(&value.text)) {
            Some(Ok(value)) => value,
            _ => unreachable!("the row does not declare the setting `{}`", setting.name),
        }
    }

    /// The text of a setting that was declared.
    pub(crate) fn text(&self, setting: &dyn AnySetting) -> String {
        let values = self.values.borrow();
        let value = values.iter().find(|value| value.declared && value.name == setting.name());
        let Some(value) = value else {
            unreachable!("the row does not declare the setting `{}`", setting.name())
        };
        value.text.trim_ascii().to_owned()
    }

    /// Where the value is, which is asked for unless it was.
    fn load(&self, name: &'static str) -> Result<usize, ApiError> {
        let mut values = self.values.borrow_mut();
        if let Some(known) = values.iter().position(|value| value.name == name) {
            return Ok(known);
        }
        let text = self.variables.get(name).map_err(|error| {
            ApiError::Internal(format!("the setting `{name}` cannot be read: {error}"))
        })?;
        values.push(Value { name, text, declared: false });
        Ok(values.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::platform::PlatformError;

    /// The same value for every variable; it counts.
    struct Same(&'static str, Cell<usize>);

    impl Variables for Same {
        fn get(&self, _name: &str) -> Result<String, PlatformError> {
            self.1.set(self.1.get() + 1);
            Ok(self.0.to_owned())
        }
    }

    #[test]
    fn a_setting_is_read_once() {
        let variables = Same("7", Cell::default());
        let snapshot = Snapshot::new(&variables);
        for _ in 0..2 {
            assert_eq!(snapshot.read(&settings::SIGN_IN_FAILURES_PER_MINUTE).ok(), Some(7));
            assert!(snapshot.declare(&settings::SIGN_IN_FAILURES_PER_MINUTE).is_ok());
            assert_eq!(snapshot.get(&settings::SIGN_IN_FAILURES_PER_MINUTE), 7);
        }
        assert_eq!(variables.1.get(), 1);
    }

    #[test]
    fn an_unusable_setting_fails_when_it_is_declared() {
        let variables = Same("hunter2", Cell::default());
        let error = Snapshot::new(&variables).declare(&settings::MAILS_PER_HOUR).unwrap_err();
        assert!(error.cause().is_some_and(|cause| cause.contains("`mails_per_hour`")), "{error:?}");
    }

    #[test]
    #[should_panic(expected = "does not declare the setting `super_users`")]
    fn what_the_pipeline_read_is_not_declared() {
        let variables = Same("ana", Cell::default());
        let snapshot = Snapshot::new(&variables);
        assert!(snapshot.read(&settings::SUPER_USERS).is_ok());
        let _ = snapshot.get(&settings::SUPER_USERS);
    }
}
