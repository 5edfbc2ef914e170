//! An organization, and scripted upstream registries.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;

use berth_test::App;
use berth_web::outbound::registry::{self, Failure, LookUpError, Upstream, Verdict};

/// `acme`, which belongs to ana; bob has no role in it.
pub(crate) fn app() -> App {
    App::new()
        .with_user("ana")
        .with_user("bob")
        .with_organization("acme", "ana")
        .with_registry(Registry::default())
}

/// Replaces upstream registries.
#[derive(Clone)]
pub(crate) struct Registry {
    look_up: bool,
    outcome: Rc<RefCell<Result<Verdict, Failure>>>,
    checks: Rc<Cell<usize>>,
    shown: Rc<RefCell<Option<(String, String)>>>,
    meanwhile: Meanwhile,
}

/// What happens while a registry is asked; called with the number of requests so far.
type Meanwhile = Rc<RefCell<Option<Box<dyn Fn(usize)>>>>;

impl Default for Registry {
    fn default() -> Self {
        Self {
            look_up: true,
            outcome: Rc::new(RefCell::new(Ok(Verdict::Valid))),
            checks: Rc::default(),
            shown: Rc::default(),
            meanwhile: Rc::default(),
        }
    }
}

impl Registry {
    /// A host that looks no names up.
    pub(crate) fn without_look_up() -> Self {
        Self { look_up: false, ..Self::default() }
    }

    /// Says what the registry answers from now on.
    pub(crate) fn answers(&self, outcome: Result<Verdict, Failure>) {
        *self.outcome.borrow_mut() = outcome;
    }

    /// Says what happens while it is asked.
    pub(crate) fn meanwhile(&self, happens: impl Fn(usize) + 'static) {
        *self.meanwhile.borrow_mut() = Some(Box::new(happens));
    }

    /// How often it was asked.
    pub(crate) fn checks(&self) -> usize {
        self.checks.get()
    }

    /// The credentials that it was shown last.
    pub(crate) fn shown(&self) -> Option<(String, String)> {
        self.shown.borrow().clone()
    }
}

impl registry::Registry for Registry {
    fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        if !self.look_up {
            return Err(LookUpError::Unavailable);
        }
        let addresses: &[&str] = match name {
            "docker.io" | "quay.io" => &["1.1.1.1", "2606:4700::1111"],
            "rebound.example" => &["1.1.1.1", "10.0.0.1"],
            "localhost" => &["127.0.0.1", "127.0.0.1"],
            "slow.example" => return Err(LookUpError::TimeOut),
            _ => return Err(LookUpError::NotFound),
        };
        Ok(addresses.iter().map(|text| text.parse().expect("an address")).collect())
    }

    fn check(&self, upstream: &Upstream<'_>) -> Result<Verdict, Failure> {
        self.checks.set(self.checks.get() + 1);
        let shown = upstream.credentials;
        *self.shown.borrow_mut() = shown.map(|(name, password)| (name.into(), password.into()));
        if let Some(meanwhile) = &*self.meanwhile.borrow() {
            meanwhile(self.checks.get());
        }
        self.outcome.borrow().clone()
    }
}
