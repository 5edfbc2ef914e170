//! The paths that Quay routes below a repository. What a path names there is never a repository, although names may hold
//! slashes: a script that deletes a tag must not be told that a repository of that name is gone.

/// What may follow `/api/v1/repository/<namespace>/<repository>/` in Quay, with `:` for any one segment. A row that answers
/// one of them comes before this table; the others are not found.
const BELOW_A_REPOSITORY: &[&str] = &[
    "aggregatelogs",
    "authorizedusers",
    "autoprunepolicy",
    "autoprunepolicy/:",
    "build",
    "build/:",
    "build/:/logs",
    "build/:/status",
    "changestate",
    "changetrust",
    "changevisibility",
    "exportlogs",
    "image",
    "image/:",
    "image/:/ancestry",
    "image/:/changes",
    "image/:/security",
    "immutabilitypolicy",
    "immutabilitypolicy/:",
    "logs",
    // Berth's own.
    "logs/export",
    "manifest/:",
    "manifest/:/labels",
    "manifest/:/labels/:",
    "manifest/:/pull_statistics",
    "manifest/:/sbom",
    "manifest/:/security",
    "mirror",
    "mirror/rules",
    "mirror/sync-cancel",
    "mirror/sync-now",
    "notification",
    "notification/:",
    "notification/:/test",
    "permissions/team",
    "permissions/team/:",
    "permissions/user",
    "permissions/user/:",
    "permissions/user/:/transitive",
    "sbom",
    "security",
    "signatures",
    "tag",
    "tag/:",
    "tag/:/expire",
    "tag/:/history",
    "tag/:/images",
    "tag/:/pull_statistics",
    "tag/:/restore",
    "tokens",
    "tokens/:",
    "trigger",
    "trigger/:",
    "trigger/:/activate",
    "trigger/:/analyze",
    "trigger/:/builds",
    "trigger/:/fields/:",
    "trigger/:/namespaces",
    "trigger/:/sources",
    "trigger/:/start",
    "trigger/:/subdir",
];

/// Whether the end of `path` (a namespace, a repository's name and what follows) is one that Quay routes.
#[must_use]
pub fn is_below_a_repository(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    BELOW_A_REPOSITORY.iter().any(|pattern| {
        let length = pattern.split('/').count();
        // A namespace and a name come before it.
        let tail = segments.len().checked_sub(length).filter(|start| *start >= 2);
        tail.is_some_and(|start| fits(pattern, &segments[start..]))
    })
}

fn fits(pattern: &str, segments: &[&str]) -> bool {
    let pairs = pattern.split('/').zip(segments);
    pairs.into_iter().all(|(known, segment)| known == ":" || known == *segment)
}

#[cfg(test)]
mod tests {
    use super::is_below_a_repository;

    #[test]
    fn names_and_routes() {
        for route in
            ["ns/app/tag/v1", "ns/app/tag", "ns/a/b/manifest/sha256:0/labels", "ns/app/mirror"]
        {
            assert!(is_below_a_repository(route), "{route}");
        }
        for name in
            ["ns/app", "ns/tag", "ns/tag/v1", "ns/app/tags", "ns/app/tag/v1/x", "ns/app/manifest"]
        {
            assert!(!is_below_a_repository(name), "{name}");
        }
    }
}
