//! The query plans of every list: no page costs more the further it is behind, or the more there is.
//!
//! `tests/plans.txt` has them for review; `cargo xtask accept` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use berth_store::Value;
use berth_test::App;
use berth_tests::lists::{Filling, app, link, lists, orders, with_query};
use berth_tests::{accepts, repository_root};
use berth_web::Route;

/// Steps that read or sort all of something, and why there is never much of it.
const FEW: &[(&str, &str)] = &[
    ("SEARCH quota_limit ", "a quota has two hundred limits at most"),
    ("SEARCH account_search ", "stops at a thousand people"),
    ("SEARCH f USING INDEX affiliation_by_account ", "the organizations that one person is in"),
    (
        "SEARCH f USING INDEX sqlite_autoindex_affiliation_1 ",
        "the organizations that one person is in",
    ),
    ("SEARCH o USING INDEX account_by_owner ", "the organizations that one person owns: a limit"),
    ("SEARCH star USING PRIMARY KEY ", "the stars of one person: a limit"),
    (
        "SEARCH i USING INDEX team_invitation_by_team ",
        "the pending invitations into a team: a limit",
    ),
    ("SCAN json_each ", "the members of one entry's metadata"),
];

/// The plan of the statement that reads a page.
fn plan(app: &App, filling: &Filling, path: &str) -> String {
    let reply = app.as_user(filling.reader).get(path);
    assert_eq!(reply.status(), 200, "{path}: {reply}");
    let statements = app.latest_statements();
    let list = statements.iter().find(|sql| sql.contains("position_key"));
    plan_of(app, list.unwrap_or_else(|| panic!("{path} reads no list: {statements:?}")))
}

/// The plan of a statement.
fn plan_of(app: &App, sql: &str) -> String {
    let parameters = (1..99).rev().find(|number| sql.contains(&format!("?{number}")));
    let parameters = vec![Value::Null; parameters.unwrap_or_default()];
    let steps = app.database().execute(&format!("EXPLAIN QUERY PLAN {sql}"), &parameters);
    let mut depth_of = BTreeMap::new();
    let mut plan = String::new();
    for mut step in steps.expect("the statement has a plan") {
        let mut number = || step.read::<i64>().expect("a number");
        let (id, parent, _) = (number(), number(), number());
        let what: String = step.read().expect("a text");
        let depth = depth_of.get(&parent).map_or(1, |depth| depth + 1);
        depth_of.insert(id, depth);
        let _ = writeln!(plan, "{}{what}", "  ".repeat(depth));
    }
    plan
}

/// What else is asked of a list: nothing, a search, and a performer where it has such a parameter.
fn filters(route: &Route, filling: &Filling) -> Vec<(String, &'static str)> {
    let mut filters = vec![(String::new(), ""), (format!("&q={}", filling.search.0), " with q")];
    if route.endpoint.query().iter().any(|query| query.name == "performer") {
        filters.push((format!("&performer={}", filling.reader), " with performer"));
    }
    filters
}

/// Each plan of a list, with the requests that have it: a later page in each order, with and without a filter.
fn plans(route: &Route, filling: &Filling) -> Vec<(Vec<String>, String)> {
    let app = app();
    filling.prepare(&app);
    filling.fill(&app, 0, 40);
    let reader = format!("(SELECT id FROM account WHERE name = '{}')", filling.reader);
    app.execute(&format!("UPDATE log_entry SET performer_id = {reader}"));
    let mut plans: Vec<(Vec<String>, String)> = Vec::new();
    for order in orders(route) {
        for (filter, name) in filters(route, filling) {
            let query = format!("limit=3&sort={order}{filter}");
            let first = with_query(filling.path, &query);
            let next =
                link(&app.as_user(filling.reader).get(&first), "next").expect("another page");
            let plan = plan(&app, filling, &next);
            let request = format!("{order}{name}");
            match plans.iter_mut().find(|(_, known)| *known == plan) {
                Some((requests, _)) => requests.push(request),
                None => plans.push((vec![request], plan)),
            }
        }
    }
    plans
}

#[test]
fn pages_of_lists_are_read_in_the_order_of_an_index() {
    let (mut text, mut costly) = (String::new(), Vec::new());
    // A namespace has one quota, which is read with it, and so are its limits.
    for (route, filling) in lists().filter(|(route, _)| !route.path.contains("/quota")) {
        let _ = writeln!(text, "# {}", route.name);
        for (requests, plan) in plans(route, &filling) {
            let _ = writeln!(text, "\n{}\n{plan}", requests.join(", "));
            let list = format!("{}: {}", route.name, requests[0]);
            let repeated = repeated_parts(&plan);
            costly.extend(
                costly_steps(&plan).iter().chain(&repeated).map(|step| format!("{step} ({list})")),
            );
        }
    }
    let path = repository_root().join("tests/plans.txt");
    if accepts() {
        fs::write(&path, &text).expect("the plans can be written");
    }
    let unexplained: Vec<_> =
        costly.iter().filter(|step| !FEW.iter().any(|(few, _)| step.starts_with(few))).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, reviewed, "if on purpose: `cargo xtask accept`");
}

/// The steps that read a table from its beginning, and those whose rows are sorted. What a part of the statement gives has a
/// limit, and so has what is looked up for each row of it.
fn costly_steps(plan: &str) -> Vec<&str> {
    let mut reads: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    let mut costly = Vec::new();
    for step in plan.lines() {
        let depth = step.len() - step.trim_start().len();
        let step = step.trim();
        reads.retain(|deeper, _| *deeper <= depth);
        if let Some(what) = step.strip_prefix("SCAN ") {
            let is_part = PARTS.iter().any(|part| what.starts_with(part));
            costly.extend(Some(step).filter(|_| !is_part));
        } else if step.starts_with("SEARCH ") {
            let finds_one = ONE.iter().any(|one| step.contains(one));
            reads.entry(depth).or_default().extend(Some(step).filter(|_| !finds_one));
        } else if step.starts_with("USE TEMP B-TREE") {
            costly.extend(reads.get(&depth).into_iter().flatten());
        }
    }
    costly
}

/// A view that is no list: its statements ask nothing for each row that is the same for all of them.
#[test]
fn what_is_the_same_for_all_teams_is_asked_once() {
    let app = app();
    let reply = app.as_user("ana").get("/api/v1/organization/acme");
    assert_eq!(reply.status(), 200, "{reply}");
    for sql in app.latest_statements() {
        let plan = plan_of(&app, &sql);
        assert!(repeated_parts(&plan).is_empty(), "{sql}\n{plan}");
    }
}

/// The parts of a statement that are made anew for each row of what is read before them.
fn repeated_parts(plan: &str) -> Vec<&str> {
    let (mut read, mut made_once) = (BTreeSet::new(), BTreeSet::new());
    let mut repeated = Vec::new();
    for step in plan.lines() {
        let depth = step.len() - step.trim_start().len();
        let step = step.trim();
        read.retain(|deeper| *deeper <= depth);
        if let Some(part) = step.strip_prefix("MATERIALIZE ") {
            made_once.insert(part);
        }
        // Behind it may be how it is joined.
        let part = step.strip_prefix("SCAN ").and_then(|what| what.split(' ').next());
        let part = part.filter(|part| part.starts_with("(subquery-"));
        if part.is_some_and(|part| read.contains(&depth) && !made_once.contains(part)) {
            repeated.push(step);
        }
        if step.starts_with("SCAN ") || step.starts_with("SEARCH ") {
            read.insert(depth);
        }
    }
    repeated
}

/// Parts of statements, each of which has a limit.
const PARTS: [&str; 7] = ["(subquery-", "visible", "own", "found", "named", "page", "CONSTANT ROW"];

/// How one row at most is looked up.
const ONE: [&str; 2] =
    ["(rowid=?)", "sqlite_autoindex_affiliation_1 (account_id=? AND namespace_id=?"];

/// A page far behind takes the database no more steps than the first: each is entered at its place.
#[test]
fn a_page_far_behind_costs_what_the_first_costs() {
    let mut costly = Vec::new();
    for (route, filling) in lists().filter(|(_, filling)| filling.most.is_none()) {
        let app = app();
        filling.prepare(&app);
        filling.fill(&app, 0, 1_200);
        let client = app.as_user(filling.reader);
        for order in orders(route) {
            let first = with_query(filling.path, &format!("limit=50&sort={order}"));
            let (mut page, mut pages, mut steps) = (Some(first), 0, Vec::new());
            while let Some(path) = page.take() {
                page = link(&client.get(&path), "next");
                pages += 1;
                steps.push(app.latest_steps());
            }
            assert!(pages >= 20, "{} has {pages} pages", route.name);
            let (first, last) = (steps[0], steps[1..pages - 1].iter().max().copied().unwrap_or(0));
            if last > first * 3 / 2 {
                costly.push(format!("{} {order}: {first} and then {last} steps", route.name));
            }
        }
    }
    assert!(costly.is_empty(), "{costly:#?}");
}

/// Lists of which a person has few, so that they are sorted: see [`FEW`].
const SORTED_BY_PERSON: &[(&str, &str)] = &[
    ("/api/v1/user/organizations?limit=50&sort=name", "the organizations that one person is in"),
    ("/api/v1/user/organizations?limit=50&sort=-name", "the organizations that one person is in"),
    ("/api/v1/org?", "the organizations that one person is in or owns"),
    ("/api/v1/user/starred?", "the stars of one person: a limit"),
    (
        "/api/v1/organization/acme/team/owners/members?",
        "the pending invitations into a team: a limit",
    ),
];

/// The first page costs the same however long the list is, and so does a search of people that finds few of them.
#[test]
fn a_first_page_costs_the_same_however_much_there_is() {
    // More than what is looked up one by one, where that is done.
    const SHORT: usize = 1_600;
    const LONG: usize = 6_400;
    let of_people = ["listAllUsers", "getOrganizationMembers", "getOrganizationCollaborators"];
    let mut costly = Vec::new();
    for (route, filling) in lists().filter(|(_, filling)| filling.most.is_none()) {
        let app = app();
        filling.prepare(&app);
        filling.fill(&app, 0, SHORT);
        let searches = if of_people.contains(&route.name) { &["", "x00123"][..] } else { &[""] };
        let requests = orders(route).into_iter().flat_map(|order| {
            searches.iter().map(move |search| format!("limit=50&sort={order}&q={search}"))
        });
        let requests: Vec<_> = requests.map(|query| with_query(filling.path, &query)).collect();
        let measure = || requests.iter().map(|request| steps(&app, &filling, request)).collect();
        let short: Vec<u64> = measure();
        filling.fill(&app, SHORT, LONG - SHORT);
        let long: Vec<u64> = measure();
        for ((request, short), long) in requests.iter().zip(short).zip(long) {
            let is_few = SORTED_BY_PERSON.iter().any(|(few, _)| request.starts_with(few));
            if long > short * 3 / 2 && !is_few {
                costly.push(format!("{request}: {short} and then {long} steps"));
            }
        }
    }
    assert!(costly.is_empty(), "{costly:#?}");
}

fn steps(app: &App, filling: &Filling, path: &str) -> u64 {
    let reply = app.as_user(filling.reader).get(path);
    assert_eq!(reply.status(), 200, "{path}: {reply}");
    app.latest_steps()
}
