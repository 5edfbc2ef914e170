//! Tags, the catalog, and what refers to a manifest (`docs/contract/registry.md` D.2).

use berth_access::{RegistryCatalog, RegistryRead};
use berth_domain::manifest::MANIFEST_BYTES;
use berth_domain::secret::Purpose;
use berth_domain::settings;
use berth_store::listing::{Listed, Position, Window};
use berth_store::repositories::{self, Repositories, Scope};
use berth_store::{Value as SqlValue, content};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ResponseExt, StatusCode, WithHeaders, header,
    response,
};
use serde_json::Value;

use super::behind::{Behind, Of};
use super::bodies::{CatalogQuery, TagsQuery};
use super::failure::{behind_failed, manifest_unknown, name_unknown};
use super::handlers::{BlobPath, caching};
use super::pull::name;
use super::reference::{blob_digest, is_tag};
use super::views::{Catalog, Content, TagList};

/// The longest list of tags that a registry without pages may answer, in bytes.
const TAGS_BYTES: usize = 8 * 1024 * 1024;

type Page<T> = WithHeaders<JsonResponse<T>>;

/// `GET /v2/<name>/tags/list`: a page in the order of the alphabet. Registries that know no pages give all tags, of which the page is a part.
pub(crate) fn tags(
    cx: &Context<'_, RegistryRead>,
    query: TagsQuery,
) -> HandlerResult<Page<TagList>> {
    let (number, name) = (query.number()?, name(cx)?);
    if caching(cx).is_some() {
        return cached_tags(cx, name, &query.last, number);
    }
    let last = Some(&*query.last).filter(|last| is_tag(last));
    let behind = last.map_or_else(String::new, |last| format!("&last={last}"));
    let path = format!("tags/list?n={}{behind}", number.max(1));
    let (answer, headers) =
        Behind::open(cx.services(), name)?.json(&path, TAGS_BYTES, Of::Repository)?;
    let mut tags = names(&answer, "tags")?;
    tags.sort_unstable();
    tags.dedup();
    tags.retain(|tag| last.is_none_or(|last| &**tag > last));
    Ok(tag_page(name, tags, number, headers.contains_key(header::LINK)))
}

/// The tags that a proxy cache has fetched: the upstream is not asked.
fn cached_tags(
    cx: &Context<'_, RegistryRead>,
    name: &str,
    last: &str,
    number: usize,
) -> HandlerResult<Page<TagList>> {
    if cx.grant.target().repository.is_none() {
        return Err(name_unknown());
    }
    let rows = i64::try_from(number + 1).unwrap_or(i64::MAX);
    let tags = content::tags(cx.db(), &cx.grant, last, rows)?;
    Ok(tag_page(name, tags, number, false))
}

/// The first tags of those that follow, so many of them; the others are on the next page, as are those behind them where they go on.
fn tag_page(name: &str, mut tags: Vec<String>, number: usize, goes_on: bool) -> Page<TagList> {
    let goes_on = goes_on || tags.len() > number;
    tags.truncate(number);
    let next = tags.last().filter(|_| goes_on);
    let next = next.map(|last| format!("/v2/{name}/tags/list?n={number}&last={last}"));
    page(TagList { name: name.to_owned(), tags }, next)
}

/// The texts of a list in an answer of the registry behind; none where it says null.
fn names(answer: &Value, member: &str) -> Result<Vec<String>, ApiError> {
    let listed = answer.get(member).ok_or_else(|| behind_failed("a list without entries"))?;
    let names = listed.as_array().into_iter().flatten();
    Ok(names.filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

/// `GET /v2/_catalog`: the repositories on which the holder of the token has a role, the oldest first.
pub(crate) fn catalog(
    cx: &Context<'_, RegistryCatalog>,
    query: CatalogQuery,
) -> HandlerResult<Page<Catalog>> {
    let (services, number) = (cx.services(), query.number()?);
    let after = match &*query.next_page {
        "" => None,
        token => Some(services.open_token::<i64>(Purpose::PageToken, token)?.ok_or_else(|| {
            ApiError::invalid_request("next_page is none that a page before has said")
        })?),
    };
    let list = &Repositories::LIST;
    let (order, descending) = list.order(list.default).ok_or_else(ApiError::not_found)?;
    let window = Window {
        list,
        order,
        descending,
        after: after.map(|id| Position { key: SqlValue::Integer(id), tie: id }),
        skipped: 0,
        rows: i64::try_from(number + 1).unwrap_or(i64::MAX),
        text: None,
        counted: false,
    };
    let public = services.setting(&settings::FEATURE_PUBLIC_CATALOG);
    let mut rows = repositories::list(cx.db(), &cx.grant, Scope::All, public, &window)?.rows;
    let goes_on = rows.len() > number;
    rows.truncate(number);
    let last = rows.last().filter(|_| goes_on).map(|(position, _)| position.tie);
    let next = last.map(|id| services.seal_token(Purpose::PageToken, &id)).transpose()?;
    let next = next.map(|token| format!("/v2/_catalog?n={number}&next_page={token}"));
    let repositories = rows.iter().map(|(_, row)| format!("{}/{}", row.namespace, row.name));
    Ok(page(Catalog { repositories: repositories.collect() }, next))
}

/// A page, and where the next one is.
fn page<T: serde::Serialize + schemars::JsonSchema>(list: T, next: Option<String>) -> Page<T> {
    WithHeaders::new(JsonResponse(list), |response| match next {
        Some(next) => response.with_header(header::LINK, format!("<{next}>; rel=\"next\"")),
        None => response,
    })
}

/// `GET /v2/<name>/referrers/<digest>`: what the registry behind has. Where it knows no such thing, clients fall back to tags.
pub(crate) fn referrers(cx: &Context<'_, RegistryRead>, path: BlobPath) -> HandlerResult<Content> {
    let digest = blob_digest(&path.digest).map_err(|_| manifest_unknown())?;
    if caching(cx).is_some() {
        return Err(manifest_unknown());
    }
    let behind = Behind::open(cx.services(), name(cx)?)?;
    let (index, _) = behind.json(&format!("referrers/{digest}"), MANIFEST_BYTES, Of::Manifest)?;
    let text = index.to_string();
    let media_type = "application/vnd.oci.image.index.v1+json";
    Ok(Content(response::text(StatusCode::OK, media_type, text)))
}
