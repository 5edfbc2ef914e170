//! Parameters of queries and forms: what is declared of them, and what they are as types.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::json;

use crate::error::ApiError;

/// A parameter of a query, for discovery.
#[derive(Debug)]
pub struct Query {
    /// Name.
    pub name: &'static str,
    /// Its type in Swagger: `string`, `boolean` or `integer`.
    pub kind: &'static str,
    /// What it means.
    pub about: Cow<'static, str>,
    /// Whether it must be given.
    pub required: bool,
    /// What it may be, where that is one of a few.
    pub choices: Vec<String>,
}

/// Names and values of a query or a form, decoded.
#[derive(Debug, Clone, Default)]
pub struct Parameters(pub(crate) Vec<(String, String)>);

impl Parameters {
    /// Decodes `application/x-www-form-urlencoded` text.
    #[must_use]
    pub fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// All names and values, in their order.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every value of `name`, in their order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parameter `name` as its type.
    ///
    /// # Errors
    /// 400 with `refusal` for a value of another kind.
    pub fn read<T: Parameter>(&self, name: &str, refusal: &str) -> Result<T, ApiError> {
        let read = self.get(name).map_or_else(T::absent, T::of);
        read.ok_or_else(|| {
            ApiError::Custom(StatusCode::BAD_REQUEST, json!({ "message": { name: refusal } }))
        })
    }
}

/// `false`, `0`, `null` and nothing are not true (`docs/contract/quay.md` 10.3).
fn is_true(value: &str) -> bool {
    !matches!(value, "false" | "False" | "FALSE" | "0" | "" | "null")
}

/// What a parameter of a query may be.
pub trait Parameter: Sized {
    /// Its type in Swagger.
    const KIND: &'static str;

    /// Reads a value. None: it is of another kind.
    fn of(text: &str) -> Option<Self>;

    /// What it is when it is not given. None: it must be.
    fn absent() -> Option<Self> {
        None
    }
}

/// Empty when it is not given.
impl Parameter for String {
    const KIND: &'static str = "string";

    fn of(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// False when it is not given.
impl Parameter for bool {
    const KIND: &'static str = "boolean";

    fn of(text: &str) -> Option<Self> {
        Some(is_true(text))
    }

    fn absent() -> Option<Self> {
        Some(false)
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Parameter for $integer {
            const KIND: &'static str = "integer";

            fn of(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }
        }
    )*};
}

integers!(i64 u64);

/// May be left out.
impl<T: Parameter> Parameter for Option<T> {
    const KIND: &'static str = T::KIND;

    fn of(text: &str) -> Option<Self> {
        T::of(text).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use crate::body::Body as _;
    use crate::error::ApiError;
    use http::StatusCode;

    #[derive(berth_web::Query, Debug, PartialEq)]
    struct Asked {
        #[query(flatten)]
        more: More,
        /// Whose
        #[query(namespace)]
        name: String,
        /// Of which kind
        kind: Option<String>,
        /// All
        #[query(name = "withAll")]
        all: bool,
        #[query(default = true)]
        tokens: bool,
        /// Which page
        #[query(default = 1, refusal = "No page.")]
        page: i64,
        /// How many
        limit: Option<u64>,
        /// Must be there
        #[query(required)]
        code: String,
    }

    #[derive(berth_web::Query, Debug, PartialEq)]
    struct More {
        /// From when on
        #[query(kind = "integer")]
        since: String,
    }

    fn read(query: &str) -> Result<Asked, ApiError> {
        let request = http::Request::builder().uri(format!("/?{query}")).body(Vec::new());
        Asked::read(&request.expect("a request"))
    }

    #[test]
    fn parameters_are_declared_by_their_fields() {
        let declared: Vec<_> = Asked::query()
            .into_iter()
            .map(|query| (query.name, query.kind, query.about, query.required))
            .collect();
        assert_eq!(
            declared,
            [
                ("since", "integer", Cow::from("From when on"), false),
                ("name", "string", Cow::from("Whose"), false),
                ("kind", "string", Cow::from("Of which kind"), false),
                ("withAll", "boolean", Cow::from("All"), false),
                ("tokens", "boolean", Cow::from(""), false),
                ("page", "integer", Cow::from("Which page"), false),
                ("limit", "integer", Cow::from("How many"), false),
                ("code", "string", Cow::from("Must be there"), true),
            ]
        );
    }

    #[test]
    fn parameters_are_read_as_their_types() {
        let nothing = Asked {
            more: More { since: String::new() },
            name: String::new(),
            kind: None,
            all: false,
            tokens: true,
            page: 1,
            limit: None,
            code: String::new(),
        };
        assert_eq!(read("").ok(), Some(nothing));
        let asked =
            read("since=x&name=a&kind=&withAll=1&tokens=false&page=+-2+&limit=7&code=c&name=b");
        let asked = asked.ok();
        let mut address = berth_access::Address::default();
        asked.as_ref().expect("a query").say(&mut address);
        assert_eq!(address.namespace.as_deref(), Some("a"));
        let all = Asked {
            more: More { since: "x".into() },
            name: "a".into(),
            kind: Some(String::new()),
            all: true,
            tokens: false,
            page: -2,
            limit: Some(7),
            code: "c".into(),
        };
        assert_eq!(asked, Some(all));
    }

    #[test]
    fn a_value_of_another_kind_is_refused_by_its_name() {
        for (query, name, refusal) in
            [("page=x&limit=x", "page", "No page."), ("limit=-1", "limit", "How many")]
        {
            let refused = read(query).expect_err("it is of another kind").into_response("");
            let message = serde_json::json!({ "message": { name: refusal } });
            assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
            assert_eq!(refused.body().trim_ascii_end(), message.to_string().as_bytes());
        }
    }
}
