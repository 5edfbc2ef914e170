//! What a request can use: the platform, the settings, the secret keys, the time.

use std::cell::{Cell, OnceCell, RefCell};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_access::Superusers;
use berth_domain::Timestamp;
use berth_domain::secret::{NONCE_LENGTH, Opened, Purpose, SecretKeys};
use berth_domain::settings::{self, AnySetting, Setting, Settings};
use berth_store::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::outbound::{Callback, Distribution, Mailer, Registry, StreamingClient};
use crate::platform::{KeyValue, Platform};
use crate::random::Random;
use crate::settings::Snapshot;

/// What a request can use. Made for each request; the time stands still in it.
pub struct Services<'a> {
    platform: Platform<'a>,
    settings: Snapshot<'a>,
    now: Timestamp,
    mail_is_due: Cell<bool>,
    deferred: RefCell<Vec<DeferredWork>>,
    rest_of_body: RefCell<Option<RestOfBody>>,
    sealing_key: OnceCell<String>,
}

/// What [`Services::base_url`] is made of.
pub const BASE_URL: Settings = &[&settings::PREFERRED_URL_SCHEME, &settings::SERVER_HOSTNAME];

/// What [`Services::superusers`] is made of.
pub const SUPERUSERS: Settings = &[
    &settings::SUPER_USERS,
    &settings::GLOBAL_READONLY_SUPER_USERS,
    &settings::FEATURE_SUPER_USERS,
    &settings::FEATURE_SUPERUSERS_FULL_ACCESS,
    &settings::FEATURE_SUPERUSERS_ORG_CREATION_ONLY,
];

/// Work for when the request is answered.
type DeferredWork = Box<dyn FnOnce(&Services<'_>) -> Result<(), ApiError>>;

/// What a body has behind what the answer has of it: each call gives the next part, none at the end.
type RestOfBody = Box<dyn FnMut(&Services<'_>) -> Result<Option<Vec<u8>>, ApiError>>;

/// Where the secret key stays when no setting gives one.
const SECRET_KEY: &str = "berth/secret-key";

impl<'a> Services<'a> {
    /// The services of one request.
    #[must_use]
    pub fn new(platform: Platform<'a>) -> Self {
        Self {
            platform,
            settings: Snapshot::new(platform.variables),
            now: platform.clock.now(),
            mail_is_due: Cell::new(false),
            deferred: RefCell::default(),
            rest_of_body: RefCell::default(),
            sealing_key: OnceCell::new(),
        }
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &'a dyn Database {
        self.platform.database
    }

    /// The key-value store.
    #[must_use]
    pub fn key_value(&self) -> &'a dyn KeyValue {
        self.platform.key_value
    }

    /// Who delivers mail; none in a component that sends none.
    #[must_use]
    pub fn mailer(&self) -> Option<&'a dyn Mailer> {
        self.platform.outbound.mailer
    }

    /// Who calls addresses that callers name; none in a component that may not.
    #[must_use]
    pub fn callback(&self) -> Option<&'a dyn Callback> {
        self.platform.outbound.callback
    }

    /// The registry behind.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when the component was built without it.
    pub fn distribution(&self) -> Result<&'a dyn Distribution, ApiError> {
        self.platform.outbound.distribution.ok_or_else(|| not_named("distribution"))
    }

    /// Upstream registries.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when the component was built without them.
    pub fn registry(&self) -> Result<&'a dyn Registry, ApiError> {
        self.platform.outbound.registry.ok_or_else(|| not_named("registry"))
    }

    /// Servers to and from which bodies pass piece by piece.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when the component was built without them.
    pub fn streaming(&self) -> Result<&'a dyn StreamingClient, ApiError> {
        self.platform.outbound.streaming.ok_or_else(|| not_named("streaming"))
    }

    /// Randomness.
    #[must_use]
    pub fn random(&self) -> Random<'a> {
        Random::new(self.platform.entropy)
    }

    /// When the request began.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The value of a setting that the row declares (`Route::settings`).
    ///
    /// # Panics
    /// When it does not: `spin.toml` gives a component the settings of its rows and no others.
    #[must_use]
    pub fn setting<T>(&self, setting: &Setting<T>) -> T {
        self.settings.get(setting)
    }

    /// A setting that the row declares, as it was written.
    ///
    /// # Panics
    /// As [`Self::setting`].
    #[must_use]
    pub fn setting_text(&self, setting: &dyn AnySetting) -> String {
        self.settings.text(setting)
    }

    /// Reads settings, so that [`Self::setting`] has them: those of the row, or of work that is no row's.
    ///
    /// # Errors
    /// [`ApiError::Internal`], naming the setting, when one cannot be read or used.
    pub fn load_settings(&self, settings: &[&dyn AnySetting]) -> Result<(), ApiError> {
        settings.iter().try_for_each(|setting| self.settings.declare(*setting))
    }

    /// The value of a setting of [`crate::PIPELINE_SETTINGS`].
    ///
    /// # Errors
    /// [`ApiError::Internal`], naming the setting, when it cannot be read or used.
    pub(crate) fn read_setting<T>(&self, setting: &Setting<T>) -> Result<T, ApiError> {
        self.settings.read(setting)
    }

    /// What the settings say of superusers: known where somebody calls, and to rows that declare [`SUPERUSERS`].
    #[must_use]
    pub fn superusers(&self) -> Superusers {
        Superusers {
            named: self.setting(&settings::SUPER_USERS),
            readers: self.setting(&settings::GLOBAL_READONLY_SUPER_USERS),
            enabled: self.setting(&settings::FEATURE_SUPER_USERS),
            full_access: self.setting(&settings::FEATURE_SUPERUSERS_FULL_ACCESS),
            alone_create_organizations: self
                .setting(&settings::FEATURE_SUPERUSERS_ORG_CREATION_ONLY),
        }
    }

    /// The address under which clients reach the registry, without a slash at the end. For rows that declare [`BASE_URL`].
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = self.setting(&settings::PREFERRED_URL_SCHEME);
        format!("{scheme}://{}", self.setting(&settings::SERVER_HOSTNAME))
    }

    /// Has the outbox looked into once the request is answered.
    pub fn note_due_mail(&self) {
        self.mail_is_due.set(true);
    }

    /// Has work done once the request is answered: its time tells nobody anything, and its failure is only logged.
    pub fn defer(&self, work: impl FnOnce(&Services<'_>) -> Result<(), ApiError> + 'static) {
        self.deferred.borrow_mut().push(Box::new(work));
    }

    /// Has the body of the answer go on with the parts that `rest` gives, none at its end: each is asked for when the client has
    /// taken those before it, so that a body of any length needs the memory of one part. No transaction is open meanwhile.
    ///
    /// The answer has no length then, unless it was made with one ([`crate::response::with_length`]). An error, or an end before that length,
    /// breaks the body off.
    pub fn continue_body(
        &self,
        rest: impl FnMut(&Services<'_>) -> Result<Option<Vec<u8>>, ApiError> + 'static,
    ) {
        self.rest_of_body.replace(Some(Box::new(rest)));
    }

    /// What the body of the answer has besides, if it has.
    pub(crate) fn rest_of_body(&self) -> &RefCell<Option<RestOfBody>> {
        &self.rest_of_body
    }

    /// The work that was put off.
    pub(crate) fn take_deferred(&self) -> Vec<DeferredWork> {
        self.deferred.take()
    }

    /// Whether the outbox is to be looked into.
    pub(crate) fn has_due_mail(&self) -> bool {
        self.mail_is_due.get()
    }

    /// Whether nothing may be changed now (`registry_state`). For rows that declare [`settings::REGISTRY_STATE`].
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.setting(&settings::REGISTRY_STATE) == "readonly"
    }

    /// The keys that open sealed secrets: the present one, and the former ones. Where the settings give a key, the one that
    /// was made while they gave none is a former one.
    ///
    /// # Errors
    /// [`ApiError`] when they can neither be read nor made.
    pub fn secret_keys(&self) -> Result<SecretKeys, ApiError> {
        let keys = self.sealing_keys()?;
        let mut former = vec![self.read_setting(&settings::SECRET_KEY_PREVIOUS)?];
        if !self.read_setting(&settings::SECRET_KEY)?.is_empty() {
            former.extend(self.kept_secret_key()?);
        }
        Ok(former.iter().filter(|key| !key.is_empty()).fold(keys, |keys, key| keys.after(key)))
    }

    /// The present key alone: it seals, and makes keyed hashes.
    ///
    /// # Errors
    /// [`ApiError`] when it can neither be read nor made.
    pub fn sealing_keys(&self) -> Result<SecretKeys, ApiError> {
        if let Some(key) = self.sealing_key.get() {
            return Ok(SecretKeys::new(key));
        }
        let given = self.read_setting(&settings::SECRET_KEY)?;
        let kept = if given.is_empty() { self.kept_secret_key()? } else { Some(given) };
        let key = kept.map_or_else(|| self.make_secret_key(), Ok)?;
        Ok(SecretKeys::new(self.sealing_key.get_or_init(|| key)))
    }

    /// Seals `text` with a fresh nonce.
    ///
    /// # Errors
    /// [`ApiError`] when the keys cannot be had.
    pub fn seal(&self, purpose: Purpose, text: &str) -> Result<Vec<u8>, ApiError> {
        Ok(self.sealing_keys()?.seal(purpose, text, self.random().bytes::<NONCE_LENGTH>()))
    }

    /// Opens what [`Self::seal`] made; none where no key does. The former keys are looked for only where the present one is not it.
    ///
    /// # Errors
    /// [`ApiError`] when the keys cannot be had.
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Result<Option<Opened>, ApiError> {
        if let Ok(opened) = self.sealing_keys()?.open(purpose, sealed) {
            return Ok(Some(opened));
        }
        Ok(self.secret_keys()?.open(purpose, sealed).ok())
    }

    /// What a client keeps and brings back, sealed: a text for URLs and cookies.
    ///
    /// # Errors
    /// [`ApiError`] when the keys cannot be had, or `content` is no plain data.
    pub fn seal_token(
        &self,
        purpose: Purpose,
        content: &impl Serialize,
    ) -> Result<String, ApiError> {
        let text = serde_json::to_string(content)
            .map_err(|error| ApiError::Internal(format!("a token cannot be written: {error}")))?;
        Ok(URL_SAFE_NO_PAD.encode(self.seal(purpose, &text)?))
    }

    /// What such a text says; none where it was altered, or never was one.
    ///
    /// # Errors
    /// [`ApiError`] when the keys cannot be had.
    pub fn open_token<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        token: &str,
    ) -> Result<Option<T>, ApiError> {
        let Ok(sealed) = URL_SAFE_NO_PAD.decode(token) else { return Ok(None) };
        let opened = self.open(purpose, &sealed)?;
        Ok(opened.and_then(|opened| serde_json::from_str(&opened.text).ok()))
    }

    fn kept_secret_key(&self) -> Result<Option<String>, ApiError> {
        let kept = self.key_value().get(SECRET_KEY)?;
        Ok(kept.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// Makes the key that the settings do not give. The key-value store cannot compare and set, so the database's write
    /// lock decides which of several first requests makes it.
    fn make_secret_key(&self) -> Result<String, ApiError> {
        berth_store::transaction(self.db(), |_| {
            if let Some(kept) = self.kept_secret_key()? {
                return Ok(kept);
            }
            let made = self.random().mixed(48);
            self.key_value().set(SECRET_KEY, made.as_bytes())?;
            eprintln!(
                "warning: the setting `secret_key` is empty, so a key was made and kept in the \
                key-value store: key and data now live together"
            );
            Ok(made)
        })
    }
}

fn not_named(word: &str) -> ApiError {
    ApiError::Internal(format!("the component's `resources!` does not name `{word}`"))
}
