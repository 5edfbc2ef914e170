//! Every row that makes something of which somebody may have so many only, with the limit set to three: the fourth is refused
//! with a sentence that names limit and setting, also where sixteen come at once, and also to superusers.

mod scene;
mod step;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use berth_domain::limits::{Beyond, Limit, OWNED};
use berth_test::{App, Reply};
use berth_tests::components::rows;

use scene::{AT_ONCE, Scene, Things};

/// A user, and a superuser.
const CALLERS: [&str; 2] = ["ana", "root"];

/// Each row, with each limit that it says it could exceed.
fn rows_with_limits() -> impl Iterator<Item = (&'static str, &'static Limit)> {
    rows().flat_map(|(_, route)| route.limits.iter().map(|limit| (route.name, *limit)))
}

#[test]
fn every_limit_is_that_of_a_row() {
    let of_rows: BTreeSet<&str> = rows_with_limits().map(|(_, limit)| limit.name).collect();
    assert_eq!(of_rows, OWNED.iter().map(|limit| limit.name).collect());
}

#[test]
fn a_fourth_is_refused_until_one_is_deleted() {
    for caller in CALLERS {
        let scene = Scene::of(caller);
        for (row, limit) in rows_with_limits() {
            let app = scene.app.copy();
            if scene::is_of_a_new_owner(row, limit) {
                refuse_what_has_too_many_itself(&app, &scene.things, row, limit);
                continue;
            }
            let before = scene.things.number(&app, row, limit);
            scene.things.set(&app, row, limit, before + 3 * scene::unit(limit));
            let replies: Vec<Reply> =
                (0..4).map(|n| scene.things.step(row, limit, n).send(&app)).collect();
            let refused = expect_three(&app, limit, &replies);
            expect_number(&app, &scene, row, limit, before);
            if refused == 0 {
                continue;
            }
            let freed = scene.things.deletion(&app, row, limit, &replies[0]).send(&app);
            assert!(freed.status() < 300, "{row}, {limit:?}: {freed}");
            let replies: Vec<Reply> =
                (4..6).map(|n| scene.things.step(row, limit, n).send(&app)).collect();
            let statuses = replies.each_status();
            assert!(statuses[0] < 400 && statuses[1] == 400, "{row}, {limit:?}: {statuses:?}");
            expect_number(&app, &scene, row, limit, before);
        }
    }
}

#[test]
fn sixteen_at_once_get_no_further() {
    for caller in CALLERS {
        let scene = Scene::of(caller);
        let directory = tempfile::tempdir().expect("a directory");
        for (number, (row, limit)) in rows_with_limits().enumerate() {
            if scene::is_of_a_new_owner(row, limit) {
                continue;
            }
            let path = directory.path().join(format!("{number}.db"));
            scene.app.save_database(&path);
            let app = scene.app.over(&path);
            let before = scene.things.number(&app, row, limit);
            let most = before + 3 * scene::unit(limit);
            let statuses = at_once(&path, &scene.things, row, limit, most);
            let made = statuses.iter().filter(|status| **status < 400).count();
            let expected = if limit.beyond == Beyond::Refused { 3 } else { AT_ONCE };
            assert_eq!(made, expected, "{caller}, {row}, {limit:?}: {statuses:?}");
            expect_number(&app, &scene, row, limit, before);
        }
    }
}

/// The statuses of as many requests as come at once, each to an application of its own on the same database.
fn at_once(path: &Path, things: &Things, row: &str, limit: &Limit, most: i64) -> Vec<u16> {
    let barrier = Barrier::new(AT_ONCE);
    let serve = |n: usize| {
        let app = things.settings_on(App::without_schema().over(path).among_others());
        app.reseed(n as u64 + 1_000);
        things.set(&app, row, limit, most);
        let step = things.step(row, limit, n);
        barrier.wait();
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            // Nobody waits for the database here, so clients come again.
            let reply = step.send(&app);
            if reply.status() != 503 || Instant::now() > end {
                expect_reason(&app, limit, &reply);
                return reply.status();
            }
            thread::sleep(Duration::from_millis(1));
        }
    };
    let serve = &serve;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|n| scope.spawn(move || serve(n))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no request panics")).collect()
    })
}

/// What is made with more of its own than it may have: for who sets a limit to one.
fn refuse_what_has_too_many_itself(app: &App, things: &Things, row: &str, limit: &'static Limit) {
    things.set(app, row, limit, 1);
    let refused = things.step(row, limit, 0).send(app);
    assert_eq!(refused.status(), 400, "{row}, {limit:?}: {refused}");
    expect_reason(app, limit, &refused);
    things.set(app, row, limit, 3);
    let made = things.step(row, limit, 0).send(app);
    assert!(made.status() < 300, "{row}, {limit:?}: {made}");
}

/// Of four, three are made and one is refused, or an older one has gone; how many are refused.
fn expect_three(app: &App, limit: &'static Limit, replies: &[Reply]) -> usize {
    let statuses = replies.each_status();
    let (made, fourth) = (&statuses[..3], statuses[3]);
    assert!(made.iter().all(|status| *status < 400), "{limit:?}: {statuses:?} {}", replies[0]);
    match limit.beyond {
        Beyond::Refused => {
            assert_eq!(fourth, 400, "{limit:?}: {}", replies[3]);
            expect_reason(app, limit, &replies[3]);
            1
        }
        Beyond::OldestDeleted => {
            assert!(fourth < 400, "{limit:?}: {}", replies[3]);
            0
        }
    }
}

/// A refusal names limit and setting, with its value.
fn expect_reason(app: &App, limit: &Limit, reply: &Reply) {
    if reply.status() >= 400 {
        let most = &app.settings()[limit.setting.name];
        let sentence = limit.sentence(most.parse().expect("a number"));
        assert!(reply.text().contains(&sentence), "{sentence}: {reply}");
        assert!(sentence.contains(&format!("(setting `{}`)", limit.setting.name)), "{sentence}");
    }
}

/// The database has counted three more, and that is how many there are.
fn expect_number(app: &App, scene: &Scene, row: &str, limit: &'static Limit, before: i64) {
    let expected = before + 3 * scene::unit(limit);
    assert_eq!(scene.things.number(app, row, limit), expected, "{row}, {limit:?}");
    assert_eq!(app.rows(scene::DISAGREEMENTS), [[""; 3]; 0], "{row}, {limit:?}");
}

trait Statuses {
    /// The status of each.
    fn each_status(&self) -> Vec<u16>;
}

impl Statuses for [Reply] {
    fn each_status(&self) -> Vec<u16> {
        self.iter().map(Reply::status).collect()
    }
}
