//! Every row that makes something of which somebody may have so many only, with the limit set to three: the fourth is refused
//! with a sentence that names limit and setting, also where sixteen come at once, and also to superusers.

mod scene;
mod step;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use berth_domain::limits::{
    APP_TOKENS, Beyond, INVITATIONS, INVITER_INVITATIONS, Limit, OWNED, TEAMS, TOKENS,
};
use berth_test::{App, Reply};
use berth_tests::components::rows;
use serde_json::json;

use scene::{AT_ONCE, Scene, Things};

/// What says that there are as many as there may be; clients of registries get the latter.
const REFUSED: [u16; 2] = [400, 403];

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
            let statuses = statuses(&replies);
            let as_before = statuses[0] < 400 && REFUSED.contains(&statuses[1]);
            assert!(as_before, "{row}, {limit:?}: {statuses:?}");
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

/// The statement of a limit that was changed.
const WRITTEN: &str = "UPDATE owned_limit";

#[test]
fn a_changed_setting_is_written_down_once() {
    let scene = Scene::of("ana");
    let written = |limit: &Limit, n: usize| {
        let reply = scene.things.step("updateOrganizationTeam", limit, n).send(&scene.app);
        let sent = scene.app.latest_statements();
        (reply.status(), sent.iter().filter(|sql| sql.starts_with(WRITTEN)).count())
    };
    assert_eq!(written(&TEAMS, 0), (200, 0));
    scene.app.set(TEAMS.setting.name, "30");
    assert_eq!([1, 2].map(|n| written(&TEAMS, n)), [(200, 1), (200, 0)]);
    // Lowered below what there is: that stays, and no more is made.
    scene.app.set(TEAMS.setting.name, "3");
    assert_eq!([3, 4].map(|n| written(&TEAMS, n)), [(400, 1), (400, 0)]);
    assert_eq!(scene.app.rows("SELECT count(*) > 3 FROM team"), [["1"]]);
    scene.app.set(TEAMS.setting.name, "many");
    assert_eq!(written(&TEAMS, 5), (500, 0));
}

#[test]
fn what_is_expired_leaves_room() {
    for (row, limit) in [
        ("createOrganizationApplicationToken", &TOKENS),
        ("createAppToken", &APP_TOKENS),
        ("inviteTeamMemberEmail", &INVITATIONS),
        ("inviteTeamMemberEmail", &INVITER_INVITATIONS),
    ] {
        let Scene { app, things } = Scene::of("ana");
        let before = things.number(&app, row, limit);
        things.set(&app, row, limit, before + 3);
        let status = |n: usize| things.step(row, limit, n).send(&app).status();
        assert_eq!([0, 1, 2, 3].map(|n| status(n) < 400), [true, true, true, false], "{limit:?}");
        app.execute("UPDATE access_token SET expires_at = 0 WHERE name = 'x'");
        app.execute("UPDATE app_token SET expires_at = 0");
        app.execute("UPDATE team_invitation SET expires_at = 0 WHERE email LIKE 'a%'");
        assert_eq!([4, 5, 6, 7].map(|n| status(n) < 400), [true, true, true, false], "{limit:?}");
        assert_eq!(things.number(&app, row, limit), before + 3, "{limit:?}");
        assert_eq!(app.rows(scene::DISAGREEMENTS), [[""; 3]; 0], "{limit:?}");
    }
}

/// A user who is converted, and whoever made an organization and is deleted, own nothing any more that counts for them.
#[test]
fn what_a_deleted_owner_had_is_counted_for_nobody() {
    let Scene { app, .. } = Scene::of("ana");
    app.set("require_team_invite", "false");
    let (u0, root) = (app.as_user("u0"), app.as_user("root"));
    assert_eq!(u0.post("/api/v1/organization/", json!({ "name": "left" })).status(), 201);
    let member = "/api/v1/organization/left/team/owners/members/s0";
    assert!(root.put(member, json!({})).status() < 300);
    assert_eq!(root.delete("/api/v1/superuser/users/u0").status(), 204);
    assert_eq!(app.rows("SELECT creator_id FROM account WHERE name = 'left'"), [["NULL"]]);
    assert_eq!(app.rows(scene::DISAGREEMENTS), [[""; 3]; 0]);
    assert_eq!(root.post("/api/v1/superuser/takeownership/u1", json!({})).status(), 200);
    assert_eq!(app.rows(scene::DISAGREEMENTS), [[""; 3]; 0]);
    assert_eq!(root.delete("/api/v1/organization/acme").status(), 204);
    assert_eq!(app.rows(scene::DISAGREEMENTS), [[""; 3]; 0]);
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
    assert!(REFUSED.contains(&refused.status()), "{row}, {limit:?}: {refused}");
    expect_reason(app, limit, &refused);
    things.set(app, row, limit, 3);
    let made = things.step(row, limit, 0).send(app);
    assert!(made.status() < 300, "{row}, {limit:?}: {made}");
}

/// Of four, three are made and one is refused, or an older one has gone; how many are refused.
fn expect_three(app: &App, limit: &'static Limit, replies: &[Reply]) -> usize {
    let statuses = statuses(replies);
    let (made, fourth) = (&statuses[..3], statuses[3]);
    assert!(made.iter().all(|status| *status < 400), "{limit:?}: {statuses:?} {}", replies[0]);
    match limit.beyond {
        Beyond::Refused => {
            assert!(REFUSED.contains(&fourth), "{limit:?}: {}", replies[3]);
            expect_reason(app, limit, &replies[3]);
            1
        }
        Beyond::OldestDeleted | Beyond::Ignored => {
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

fn statuses(replies: &[Reply]) -> Vec<u16> {
    replies.iter().map(Reply::status).collect()
}
