//! What clients of registries send.

#[cfg(not(target_family = "wasm"))]
use berth_web::Query;
use berth_web::{ApiError, Body, Request, RequestExt, Schema};

/// The query of a token: any number of scopes.
pub(crate) struct TokenQuery {
    pub(super) scopes: Vec<String>,
    pub(super) service: Option<String>,
}

impl Body for TokenQuery {
    const SCHEMA: Option<&'static Schema> = None;

    #[cfg(not(target_family = "wasm"))]
    fn query() -> Vec<Query> {
        let parameter = |name, about: &'static str| Query {
            name,
            kind: "string",
            about: about.into(),
            required: false,
            choices: Vec::new(),
        };
        vec![
            parameter("service", "For which service the token is"),
            parameter("scope", "`repository:<name>:<actions>`; may be given several times"),
        ]
    }

    fn read(request: &Request) -> Result<Self, ApiError> {
        let query = request.query();
        Ok(Self {
            scopes: query.all("scope").map(str::to_owned).collect(),
            service: query.get("service").map(str::to_owned),
        })
    }
}
