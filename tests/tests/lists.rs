//! Every list, page by page: all of it once, whatever happens meanwhile; and tokens of pages, which are good for their list
//! alone.

use std::collections::BTreeSet;

use berth_test::{App, As};
use berth_tests::lists::{
    Filling, app, entries, link, lists, number, orders, repositories_seen_in_three_ways, with_query,
};
use berth_web::Route;

/// How many entries a list has.
const ENTRIES: usize = 1_200;

/// Every how many-th entry is deleted while a list is read.
const DELETED: usize = 10;

/// Reads a list to its end; after each page, `change` is told how many there were.
fn read(client: &As<'_>, path: &str, rows: usize, change: impl Fn(usize)) -> Vec<usize> {
    let (mut seen, mut next, mut pages) = (Vec::new(), Some(path.to_owned()), 0);
    while let Some(path) = next.take() {
        let reply = client.get(&path);
        assert_eq!(reply.status(), 200, "{path}: {reply}");
        let page = entries(&reply.json());
        assert!(page.len() <= rows, "{path} has {} entries", page.len());
        seen.extend(page.iter().filter_map(number));
        assert!(link(&reply, "first").is_some(), "{path} names no first page");
        next = link(&reply, "next");
        change(pages);
        pages += 1;
        assert!(pages <= ENTRIES, "{path} does not end");
    }
    seen
}

/// Reads the list in one order while entries come and go: those that stay are seen once, no other twice.
fn read_while_it_changes(
    app: &App,
    filling: &Filling,
    count: usize,
    query: &str,
    finds: impl Fn(usize) -> bool,
) {
    let rows = count / 12 + 1;
    let path = with_query(filling.path, &format!("limit={rows}{query}"));
    let seen = read(&app.as_user(filling.reader), &path, rows, |page| {
        filling.fill(app, count + page, 1);
        // Alternately one that was seen and one that was not, wherever the order has them.
        filling.delete(app, (page * 5 % (count / DELETED)) * DELETED);
    });
    let once: BTreeSet<usize> = seen.iter().copied().collect();
    assert_eq!(once.len(), seen.len(), "{path} shows an entry twice");
    let staying = (0..count).filter(|number| number % DELETED != 0);
    let staying = staying.filter(|number| finds(*number));
    let missing: Vec<_> = staying.filter(|number| !once.contains(number)).collect();
    assert!(missing.is_empty(), "{path} misses {missing:?}");
    let strange = once.iter().find(|number| !finds(**number));
    assert_eq!(strange, None, "{path} shows what was not searched");
}

#[test]
fn every_list_shows_each_entry_once_in_every_order() {
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                for (route, filling) in lists().skip(half).step_by(2) {
                    read_in_every_order(route, &filling);
                }
            });
        }
    });
}

/// What is seen in several ways takes the place of nothing else.
#[test]
fn a_repository_that_is_seen_in_three_ways_is_shown_once() {
    let (route, _) =
        lists().find(|(route, _)| route.name == "listOrganizationRepos").expect("a list");
    read_in_every_order(route, &repositories_seen_in_three_ways());
}

fn read_in_every_order(route: &Route, filling: &Filling) {
    let count = filling.most.unwrap_or(ENTRIES);
    let app = app();
    if count > 0 {
        filling.prepare(&app);
        filling.fill(&app, 0, count);
    }
    for order in std::iter::once(String::new()).chain(orders(route)) {
        for search in ["", filling.search.0] {
            let query = format!("&sort={order}&q={search}");
            if count > 0 {
                let finds = |number| search.is_empty() || filling.finds(number);
                read_while_it_changes(&app.copy(), filling, count, &query, finds);
            } else {
                let path = with_query(filling.path, &format!("limit=1{query}"));
                read(&app.as_user(filling.reader), &path, 1, |_| ());
            }
        }
    }
    if filling.most.is_none() && filling.search.1.is_none() {
        // What is found is more than is looked up one by one.
        read_while_it_changes(&app.copy(), filling, count, "&q=X0", |_| true);
    }
    let counted = with_query(filling.path, &format!("count=true&limit=1&q={}", filling.search.0));
    let reply = app.as_user(filling.reader).get(&counted);
    let found = (0..count).filter(|number| filling.finds(*number)).count();
    if count > 0 {
        assert_eq!(reply.header("x-total-count"), Some(found.to_string().as_str()), "{counted}");
    }
    let uncounted = app.as_user(filling.reader).get(&with_query(filling.path, "limit=1"));
    assert_eq!(uncounted.header("x-total-count"), None);
}

/// Without the parameters the answer is as it was: nothing in the headers, all that fits or the original's pages.
#[test]
fn a_request_that_asks_for_no_page_gets_the_whole() {
    for (route, filling) in lists() {
        let app = app();
        let count = filling.most.unwrap_or(ENTRIES).min(300);
        if count > 0 {
            filling.prepare(&app);
            filling.fill(&app, 0, count);
        }
        let client = app.as_user(filling.reader);
        let reply = client.get(filling.path);
        assert_eq!(reply.header("link"), None, "{}", route.name);
        let is_paged = [
            "listRepos",
            "listOrganizationRepos",
            "listStarredRepos",
            "listUserNotifications",
            "getMatchingEntities",
        ]
        .contains(&route.name)
            || (route.path.starts_with("/api/v1/superuser/") && route.name != "listAllAppTokens")
            || route.path.ends_with("logs")
            || route.path.ends_with("/tokens");
        let seen = entries(&reply.json()).iter().filter_map(number).count();
        assert_eq!(seen == count, !is_paged || count == 0, "{} shows {seen}", route.name);
    }
}

/// A token is good for its caller, its list, its search and its order, for two days.
#[test]
fn a_token_of_another_page_is_refused() {
    for (route, filling) in lists().filter(|(_, filling)| filling.most.is_none()) {
        let app = app();
        filling.prepare(&app);
        filling.fill(&app, 0, 20);
        let client = app.as_user(filling.reader);
        let first = with_query(filling.path, "limit=5&sort=");
        let next = link(&client.get(&first), "next").expect("there is more");
        assert_eq!(client.get(&next).status(), 200, "{next}");
        assert_eq!(client.get(&next.replace("limit=5", "limit=7&count=true")).status(), 200);
        let (before, token) = next.split_once("page_token=").expect("a token");
        let middle = token.len() / 2;
        let altered = format!("{before}page_token={}A{}", &token[..middle], &token[middle + 1..]);
        let altered = if altered == next { altered.replace('A', "B") } else { altered };
        for bad in [
            altered,
            format!("{next}x"),
            format!("{before}page_token=nonsense"),
            format!("{next}&q=x"),
            next.replace("sort=", &format!("sort=-{}", orders(route)[0])),
        ] {
            let reply = client.get(&bad);
            assert_eq!(reply.status(), 400, "{bad}: {reply}");
            assert!(reply.json()["message"]["page_token"].is_string(), "{bad}: {reply}");
        }
        let other = app.as_user(if filling.reader == "ana" { "root" } else { "ana" }).get(&next);
        assert!((400..500).contains(&other.status()), "{next} of another caller: {other}");
        app.advance(2 * 86_400);
        assert_eq!(client.get(&next).status(), 400, "{next} two days later");
    }
}

#[test]
fn bad_parameters_are_refused_by_their_names() {
    let app = app();
    for (route, filling) in lists() {
        if filling.most != Some(0) {
            filling.prepare(&app.copy());
        }
        let (app, long) = (app.copy(), "q".repeat(256));
        if filling.most != Some(0) {
            filling.prepare(&app);
        }
        for (name, query) in [
            ("limit", "sort=&count=false&limit=0".to_owned()),
            ("limit", "count=true&limit=501".to_owned()),
            ("limit", "count=true&limit=x".to_owned()),
            ("sort", "sort=nothing".to_owned()),
            ("sort", "sort=--created".to_owned()),
            ("page_token", "page_token=x".to_owned()),
            ("q", format!("q={long}")),
        ] {
            let reply = app.as_user(filling.reader).get(&with_query(filling.path, &query));
            assert_eq!(reply.status(), 400, "{} {query}: {reply}", route.name);
            assert!(reply.json()["message"][name].is_string(), "{} {query}: {reply}", route.name);
        }
    }
}
