//! Who called, for a component that calls the route tables in its own process: what it cannot read from an answer.

use std::sync::{Arc, OnceLock};

use berth_access::{Caller, Principal};

use crate::request::Request;
use crate::session::Session;

/// Who called. Put into the extensions of a request that is made in the process, it is told there.
#[derive(Clone, Default)]
pub struct WhoCalled(Arc<OnceLock<Visitor>>);

/// Who calls with a browser, as the pipeline knows them.
#[derive(Clone)]
pub struct Visitor {
    principal: Principal,
    session: Option<Session>,
}

impl WhoCalled {
    /// Who called; none where the request was refused before anybody asked.
    #[must_use]
    pub fn visitor(&self) -> Option<Visitor> {
        self.0.get().cloned()
    }
}

impl Visitor {
    /// The person; none where nobody is signed in.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        self.principal.caller()
    }

    /// The session that the request came with, known or not.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }
}

/// Tells who called, where the request asks for it.
pub(crate) fn tell(request: &Request, principal: &Principal, session: Option<&Session>) {
    if let Some(WhoCalled(told)) = request.extensions().get() {
        // A request has one caller.
        let _ = told.set(Visitor { principal: principal.clone(), session: session.cloned() });
    }
}
