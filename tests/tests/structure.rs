//! A resource is a folder: the URL of an endpoint leads to its code.
//!
//! The last fixed segment of the path that is not an action is the folder of `berth-api`. Its SQL is in the file of
//! `berth-store` of that name, its views are in its `views.rs`, and its tests in the folder of that name. The lists below
//! are the exceptions; an entry that is no longer needed fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use berth_api::RESOURCES;
use berth_tests::repository_root;
use proc_macro2::{TokenStream, TokenTree};

/// Segments that name an action on the resource before them, or a part of it.
const ACTIONS: &[&str] = &[
    "changevisibility",
    "clientkey",
    "export",
    "federation",
    "initialization",
    "initialize",
    "limit",
    "private",
    "purge",
    "regenerate",
    "resetclientsecret",
    "sync",
    "use",
    "verify",
];

/// Words of Quay's, OAuth's and Concord's paths, and the folder of what they mean.
const WORDS: &[(&str, &str)] = &[
    (".well-known", "oauth"),
    ("_catalog", "content"),
    ("aggregatelogs", "logs"),
    ("app", "applications"),
    ("apptoken", "app_tokens"),
    ("apptokens", "app_tokens"),
    ("assignedauthorization", "authorizations"),
    ("autoprunepolicy", "autoprune"),
    ("berth-logo.svg", "system"),
    ("blobs", "content"),
    ("capabilities", "system"),
    ("certificates.pem", "signing_keys"),
    ("changelog", "system"),
    ("collaborators", "members"),
    ("config", "system"),
    ("confirm", "sessions"),
    ("confirminvite", "invitations"),
    ("csrf_token", "sessions"),
    ("discovery", "system"),
    ("error", "system"),
    ("exportedlogs", "logs"),
    ("exportlogs", "logs"),
    ("health", "system"),
    ("invite", "invitations"),
    ("keys", "signing_keys"),
    ("list", "content"),
    ("manifests", "content"),
    ("manifest", "tags"),
    ("org", "concord"),
    ("prototypes", "default_permissions"),
    ("proxycache", "proxy_cache"),
    ("recovery", "sessions"),
    ("referrers", "content"),
    ("registrysize", "system"),
    ("registrystatus", "system"),
    ("settings", "system"),
    ("signin", "sessions"),
    ("signout", "sessions"),
    ("starred", "repositories"),
    ("takeownership", "organizations"),
    ("teaminvite", "invitations"),
    ("tokens", "applications"),
    ("uploads", "content"),
    ("v2", "content"),
    ("validateproxycache", "proxy_cache"),
];

/// Prefixes of paths below which nothing is a resource.
const AREAS: &[&str] = &["/oauth/", "/health/", "/.well-known/"];

/// Paths whose last word means another thing than elsewhere.
const PATHS: &[(&str, &str)] = &[
    ("/api/v1/repository/*repository/notification/", "repositories"),
    ("/api/v1/repository/*repository/permissions/team/", "permissions"),
    ("/api/v1/repository/*repository/permissions/team/:teamname", "permissions"),
    ("/api/v1/repository/*repository/permissions/user/", "permissions"),
    ("/api/v1/repository/*repository/permissions/user/:username", "permissions"),
    ("/api/v1/repository/*repository/permissions/user/:username/transitive", "permissions"),
    ("/api/v1/superuser/keys", "system"),
];

/// Resources without a file of their own in `berth-store`: where their SQL is, or why there is none.
const STORES: &[(&str, &str)] = &[
    ("authorizations", "tokens.rs and assignments.rs: an authorization is a token"),
    ("oauth", "applications.rs, tokens.rs and assignments.rs: it is about the same rows"),
    ("system", "it reads no tables"),
];

/// The words of resources that a path may name: the folder itself, and its singular.
fn word_of(folder: &str, word: &str) -> bool {
    let singular = match folder.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => folder.strip_suffix('s').unwrap_or(folder).to_owned(),
    };
    word == folder || word == singular
}

/// Which exceptions were needed.
#[derive(Default)]
struct Needed(BTreeSet<String>);

impl Needed {
    fn note(&mut self, list: &str, entry: &str) {
        self.0.insert(format!("{list} {entry}"));
    }
}

/// The folder that a path leads to.
fn folder(path: &str, folders: &BTreeSet<&str>, needed: &mut Needed) -> Option<String> {
    if let Some((known, folder)) = PATHS.iter().find(|(known, _)| *known == path) {
        needed.note("PATHS", known);
        return Some((*folder).to_owned());
    }
    let rest = path.strip_prefix("/api/v1").unwrap_or(path);
    let mut words: Vec<&str> =
        rest.split('/').filter(|word| !word.is_empty() && !word.starts_with([':', '*'])).collect();
    if let Some(area) = AREAS.iter().find(|area| rest.starts_with(**area)) {
        needed.note("AREAS", area);
        words.truncate(1);
    }
    for word in words.into_iter().rev() {
        if ACTIONS.contains(&word) {
            needed.note("ACTIONS", word);
            continue;
        }
        if let Some(folder) = folders.iter().find(|folder| word_of(folder, word)) {
            return Some((*folder).to_owned());
        }
        let (known, folder) = WORDS.iter().find(|(known, _)| *known == word)?;
        needed.note("WORDS", known);
        return Some((*folder).to_owned());
    }
    None
}

#[test]
fn a_path_leads_to_its_folder() {
    let folders: BTreeSet<&str> = RESOURCES.iter().map(|resource| resource.name).collect();
    let (mut needed, mut wrong) = (Needed::default(), Vec::new());
    for resource in RESOURCES {
        for route in resource.rows() {
            let led = folder(route.path, &folders, &mut needed);
            if led.as_deref() != Some(resource.name) {
                wrong.push(format!("{} of {} leads to {led:?}", route.path, resource.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed = [("ACTIONS", ACTIONS), ("AREAS", AREAS)];
    let listed = listed
        .iter()
        .flat_map(|(list, entries)| entries.iter().map(move |entry| format!("{list} {entry}")));
    let pairs = [("WORDS", WORDS), ("PATHS", PATHS)];
    let pairs = pairs.iter().flat_map(|(list, entries)| {
        entries.iter().map(move |(entry, _)| format!("{list} {entry}"))
    });
    let idle: Vec<String> = listed.chain(pairs).filter(|entry| !needed.0.contains(entry)).collect();
    assert!(idle.is_empty(), "no longer needed: {idle:?}");
}

#[test]
fn a_folder_has_its_files() {
    let root = repository_root();
    let stores: BTreeMap<&str, &str> = STORES.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut expect = |there: bool, expected: bool, what: String| match (there, expected) {
        (false, true) => wrong.push(format!("there is no {what}")),
        (true, false) => wrong.push(format!("there is {what}: the exception is no longer needed")),
        _ => {}
    };
    for name in RESOURCES.iter().map(|resource| resource.name) {
        let store = format!("crates/berth-store/src/{name}.rs");
        expect(root.join(&store).is_file(), !stores.contains_key(name), store);
        for file in ["src/{}/views.rs", "src/{}/routes.rs", "src/{}/mod.rs", "tests/{}/mod.rs"] {
            let file = format!("crates/berth-api/{}", file.replace("{}", name));
            expect(root.join(&file).is_file(), true, file);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A row's target and its handler take exactly the parameters of its pattern from the path.
#[test]
fn the_parameters_of_a_row_are_those_that_are_read() {
    for route in RESOURCES.iter().flat_map(|resource| resource.rows()) {
        let segments = route.path.split('/');
        let mut named: Vec<&str> =
            segments.filter_map(|segment| segment.strip_prefix([':', '*'])).collect();
        let mut read = route.endpoint.parameters().concat();
        named.sort_unstable();
        read.sort_unstable();
        assert_eq!(read, named, "{}: {}", route.name, route.path);
    }
}

/// The sources below a directory of the repository.
fn sources(directory: &str) -> Vec<(String, String)> {
    let mut directories = vec![repository_root().join(directory)];
    let mut found = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => directories.push(path),
                false => {
                    let text = fs::read_to_string(&path).expect("a source");
                    found.push((path.display().to_string(), text));
                }
            }
        }
    }
    found
}

/// The fields of a caller and of a target that only the policy reads: a handler asks `Context::rights` and the like, which
/// require the row to declare it (`decided_inside`).
const OF_THE_POLICY: &[&str] = &[
    "Authority::",
    "Facts {",
    "::PERMISSION",
    ".has_scope(",
    ".powers",
    "caller.scopes(",
    "caller.is_superuser",
    "caller.is_global_reader",
    "grant.rights",
    "grant.authorize",
];

/// Code reading 2.1: twelve handlers decided about rights beside the policy, and the table of endpoints did not show it.
#[test]
fn handlers_leave_decisions_to_the_policy() {
    for (path, text) in sources("crates/berth-api/src") {
        for word in OF_THE_POLICY {
            assert!(!text.contains(word), "{path} decides by `{word}`");
        }
    }
}

/// Handlers get the query as a type, which discovery describes. The parameters of OAuth are in its RFCs.
#[test]
fn no_query_is_read_by_text() {
    for (path, text) in sources("crates/berth-api/src") {
        let reads =
            ["request().query()", "request().values()"].iter().any(|word| text.contains(word));
        assert!(!reads || path.contains("/oauth/"), "{path} reads the query by text");
    }
}

/// A function of the store that takes a grant acts on what was granted.
#[test]
fn no_grant_is_taken_for_show() {
    for (path, text) in sources("crates/berth-store/src") {
        for line in text.lines().filter(|line| line.contains("Grant<")) {
            assert!(!line.trim_start().starts_with('_'), "{path}: {line}");
        }
    }
}

/// What the API says, by which the console knows what it refused.
const SAID_BY_THE_API: [&str; 2] =
    ["\"Unknown activating user\"", "\"Missing delegate user or team\""];

/// What the console says is in its files of texts: a sentence elsewhere would stay English in every language.
#[test]
fn the_texts_of_the_console_are_in_their_files() {
    let mut found = Vec::new();
    for (path, text) in sources("crates/berth-pages/src") {
        if !path.ends_with(".rs") || path.contains("/texts/") {
            continue;
        }
        let tokens: TokenStream = text.parse().expect("Rust");
        found.extend(sentences(tokens).into_iter().map(|sentence| format!("{path}: {sentence}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let tokens = "html! { p { \"A sentence.\" } }".parse().expect("Rust");
    assert_eq!(sentences(tokens), ["\"A sentence.\""]);
}

/// The literals that a person would read: words that begin with a capital letter, outside of attributes, tests and what goes to the log.
fn sentences(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                // An attribute; of tests, what follows too.
                let attribute = tokens.next_if(|next| matches!(next, TokenTree::Group(_)));
                if attribute.is_some_and(|attribute| attribute.to_string().contains("cfg (test)")) {
                    while tokens.next_if(|next| !matches!(next, TokenTree::Group(_))).is_some() {}
                    tokens.next();
                }
            }
            TokenTree::Ident(name) if ["eprintln", "unreachable"].iter().any(|log| name == log) => {
                tokens.next();
                tokens.next();
            }
            TokenTree::Group(group) => found.extend(sentences(group.stream())),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let mut letters = text.trim_start_matches('"').chars();
                let begins = letters.next().is_some_and(|letter| letter.is_ascii_uppercase())
                    && letters
                        .next()
                        .is_some_and(|letter| letter.is_ascii_lowercase() || letter == ' ');
                let is_ours = !SAID_BY_THE_API.contains(&text.as_str());
                if text.starts_with('"') && begins && text.contains(' ') && is_ours {
                    found.push(text);
                }
            }
            _ => {}
        }
    }
    found
}
