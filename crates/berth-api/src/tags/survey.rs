//! The tags of a registry, compared with those that are known: a part of them at a time, in the order of their names.

use std::collections::{BTreeMap, BTreeSet};

use berth_domain::manifest::{Content, ContentKind, Manifest};
use berth_store::tags::{Differences, KnownTag, Reconciled};
use berth_web::ApiError;
use serde::Serialize;

use super::behind::BehindRepository;
use super::views::SyncView;

/// How many known tags are compared at a time, at most.
pub(super) const KNOWN: i64 = 100;

/// After how many questions to the registry the rest is left for the next time.
const QUESTIONS: usize = 100;

/// How many manifests of an index are read.
const CHILDREN: usize = 50;

/// What was found, up to a name.
#[derive(Default)]
pub(super) struct Survey {
    manifests: Vec<FoundManifest>,
    tags: Vec<FoundTag>,
    ended: Vec<EndedTag>,
    checked: usize,
    unreadable: usize,
    next: Option<String>,
    questions: usize,
    read: BTreeSet<String>,
}

#[derive(Serialize)]
struct FoundManifest {
    digest: String,
    media_type: String,
    size_bytes: usize,
    contents: Vec<Content>,
}

#[derive(Serialize)]
struct FoundTag {
    name: String,
    digest: String,
}

#[derive(Serialize)]
struct EndedTag {
    id: i64,
    started_at: i64,
}

/// A survey as the database takes it.
pub(super) struct SurveyJson {
    manifests: String,
    tags: String,
    ended: String,
}

impl SurveyJson {
    pub(super) fn differences(&self) -> Differences<'_> {
        Differences { manifests: &self.manifests, tags: &self.tags, ended: &self.ended }
    }
}

impl Survey {
    /// Compares the tags behind `last` with those that are known: at most [`KNOWN`] of them, and one more where there are more.
    ///
    /// # Errors
    /// [`ApiError`] when the registry does not answer.
    pub(super) fn make(
        behind: &BehindRepository<'_>,
        last: &str,
        mut known: Vec<KnownTag>,
    ) -> Result<Self, ApiError> {
        let page = behind.tags(last)?;
        let most = usize::try_from(KNOWN).unwrap_or(usize::MAX);
        let has_more_known = known.len() > most;
        known.truncate(most);
        // Behind the end of either list the other one says nothing.
        let ends = [
            page.names.last().filter(|_| page.has_more),
            known.last().map(|tag| &tag.name).filter(|_| has_more_known),
        ];
        let mut survey =
            Self { next: ends.into_iter().flatten().min().cloned(), ..Self::default() };
        let mut missing: BTreeMap<String, KnownTag> =
            known.into_iter().map(|tag| (tag.name.clone(), tag)).collect();
        for name in page.names {
            if survey.is_beyond(&name) {
                break;
            }
            survey.compare(behind, &name, &mut missing)?;
            if survey.questions >= QUESTIONS {
                survey.next = Some(name);
            }
        }
        let missing = missing.into_values().filter(|tag| !survey.is_beyond(&tag.name));
        let ended = missing
            .map(|tag| EndedTag { id: tag.id, started_at: tag.started_at.as_micros() })
            .collect();
        Ok(Self { ended, ..survey })
    }

    fn is_beyond(&self, name: &str) -> bool {
        self.next.as_deref().is_some_and(|next| name > next)
    }

    /// Compares a tag of the registry. It stays in `missing` where it was deleted meanwhile.
    fn compare(
        &mut self,
        behind: &BehindRepository<'_>,
        name: &str,
        missing: &mut BTreeMap<String, KnownTag>,
    ) -> Result<(), ApiError> {
        self.questions += 1;
        let Some(there) = behind.head(name)? else { return Ok(()) };
        self.checked += 1;
        if missing.remove(name).is_some_and(|known| known.digest == there.digest) {
            return Ok(());
        }
        if !self.read_with_children(behind, &there.digest)? {
            self.unreadable += 1;
            return Ok(());
        }
        self.tags.push(FoundTag { name: name.to_owned(), digest: there.digest });
        Ok(())
    }

    /// Reads a manifest, and those that it names; returns whether it can be read. What an index names may be missing.
    fn read_with_children(
        &mut self,
        behind: &BehindRepository<'_>,
        digest: &str,
    ) -> Result<bool, ApiError> {
        if self.read.contains(digest) {
            return Ok(true);
        }
        let Some(manifest) = self.read(behind, digest)? else { return Ok(false) };
        let is_child = |content: &&Content| content.kind == ContentKind::Manifest;
        for child in manifest.contents.iter().filter(is_child).take(CHILDREN) {
            if !self.read.contains(&child.digest) {
                self.read(behind, &child.digest)?;
            }
        }
        Ok(true)
    }

    fn read(
        &mut self,
        behind: &BehindRepository<'_>,
        digest: &str,
    ) -> Result<Option<Manifest>, ApiError> {
        self.questions += 1;
        let Some(found) = behind.readable_manifest(digest)? else { return Ok(None) };
        let Some(manifest) = Manifest::parse(&found.media_type, &found.content) else {
            return Ok(None);
        };
        self.read.insert(found.digest.clone());
        self.manifests.push(FoundManifest {
            digest: found.digest,
            media_type: found.media_type,
            size_bytes: found.content.len(),
            contents: manifest.contents.clone(),
        });
        Ok(Some(manifest))
    }

    /// What the database shall write down.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when it cannot be written as JSON.
    pub(super) fn to_json(&self) -> Result<SurveyJson, ApiError> {
        Ok(SurveyJson {
            manifests: json(&self.manifests)?,
            tags: json(&self.tags)?,
            ended: json(&self.ended)?,
        })
    }

    /// What the caller is told.
    pub(super) fn view(self, reconciled: Reconciled) -> SyncView {
        let Self { checked, unreadable, next, .. } = self;
        let Reconciled { changed, ended } = reconciled;
        SyncView { checked, changed, ended, unreadable, next }
    }
}

fn json(found: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(found)
        .map_err(|error| ApiError::Internal(format!("what the registry has: {error}")))
}
