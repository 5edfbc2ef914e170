//! Queries and forms: which parameters a row obeys, and what a request says.

/// A parameter of a query, for discovery.
#[derive(Debug)]
pub struct Query {
    /// Name.
    pub name: &'static str,
    /// Its type in Swagger: `string`, `boolean` or `integer`.
    pub kind: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Whether it must be given.
    pub required: bool,
}

impl Query {
    /// A text.
    #[must_use]
    pub const fn text(name: &'static str, about: &'static str) -> Self {
        Self { name, kind: "string", about, required: false }
    }

    /// True or false.
    #[must_use]
    pub const fn flag(name: &'static str, about: &'static str) -> Self {
        Self { name, kind: "boolean", about, required: false }
    }

    /// A whole number.
    #[must_use]
    pub const fn number(name: &'static str, about: &'static str) -> Self {
        Self { name, kind: "integer", about, required: false }
    }

    /// The same, which must be given.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The token of a page, as the answer before gave it.
    pub const NEXT_PAGE: Self =
        Self::text("next_page", "The page that an answer named `next_page`");

    /// The query of a list that has nothing but pages.
    pub const PAGES: &'static [Self] = &[Self::NEXT_PAGE];
}

/// Names and values of a query or a form, decoded.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    pub(crate) pairs: Vec<(String, String)>,
    /// The parameters that may be read, unless all may.
    pub(crate) declared: Option<&'static [Query]>,
}

impl Parameters {
    /// Decodes `application/x-www-form-urlencoded` text.
    #[must_use]
    pub fn parse(encoded: &[u8]) -> Self {
        Self { pairs: form_urlencoded::parse(encoded).into_owned().collect(), declared: None }
    }

    /// The first value of `name`.
    ///
    /// # Panics
    /// In debug builds, when `name` is not declared: the row, or the body that reads the query, must say what it obeys.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(
            self.declared.is_none_or(|declared| declared.iter().any(|query| query.name == name)),
            "{name} is read and not declared"
        );
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether `name` is given and true: `false`, `0`, `null` and nothing are not (`docs/contract/quay.md` 10.3).
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| !matches!(value, "false" | "False" | "FALSE" | "0" | "" | "null"))
    }
}
