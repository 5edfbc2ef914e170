//! Queries about tags.

use berth_web::{ApiError, LIMIT_REFUSAL, Query};

/// How many tags a page has at most.
const MOST: i64 = 100;

/// The query of the list of tags.
#[derive(Query)]
pub(crate) struct TagsQuery {
    /// Which page, counted from 1
    #[query(default = 1, refusal = "Page index for the results. Default 1.")]
    page: i64,
    /// How many to list, at most
    #[query(default = 50, refusal = LIMIT_REFUSAL)]
    limit: i64,
    /// Only the tag of this name
    #[query(name = "specificTag")]
    pub(super) specific_tag: String,
    /// Only tags of this name (`eq:<name>`), or with this in their name (`like:<text>`)
    filter_tag_name: String,
    /// Without those that there were
    #[query(name = "onlyActiveTags")]
    pub(super) only_active: bool,
}

/// What `filter_tag_name` says of a name.
pub(super) enum NameFilter<'a> {
    /// It does not matter.
    Any,
    /// It is this.
    Equals(&'a str),
    /// It has this in it.
    Contains(&'a str),
}

impl TagsQuery {
    /// The page, counted from 1.
    pub(super) fn page(&self) -> i64 {
        self.page.max(1)
    }

    /// How many tags it has at most.
    pub(super) fn limit(&self) -> i64 {
        self.limit.clamp(1, MOST)
    }

    /// Behind how many tags it begins.
    pub(super) fn offset(&self) -> i64 {
        (self.page() - 1).saturating_mul(self.limit())
    }

    /// The filter of names.
    ///
    /// # Errors
    /// 400 with the original's message when it is none.
    pub(super) fn name_filter(&self) -> Result<NameFilter<'_>, ApiError> {
        match self.filter_tag_name.split_once(':') {
            None if self.filter_tag_name.is_empty() => Ok(NameFilter::Any),
            Some(("eq", name)) => Ok(NameFilter::Equals(name)),
            Some(("like", part)) => Ok(NameFilter::Contains(part)),
            _ => Err(ApiError::model(
                "Unsupported syntax for filter_tag_name. Expected <operation>:<tag_name> where \
                <operation> can be 'like' or 'eq'.",
            )),
        }
    }
}

/// The query of a comparison with the registry.
#[derive(Query)]
pub(crate) struct SyncQuery {
    /// Behind which tag to begin: `next` of the answer before
    pub(super) last: String,
}
