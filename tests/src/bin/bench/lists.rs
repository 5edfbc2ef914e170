//! Lists of a large organization and its long log: how much longer a request takes than over a small one.

use std::fmt::Write as _;
use std::time::Instant;

use berth_tests::Client;
use berth_tests::lists::linked;
use serde_json::{Value, json};

use crate::database::{self, LOG_ENDS, ListSizes, RowBytes, TOKEN};
use crate::goal::Goal;
use crate::measure::Server;
use crate::numbers::median;
use crate::numbers::round;

/// The smaller organization. Its log is of the 31 days that are asked for.
const SMALL: ListSizes = ListSizes { members: 1_000, entries: 1_000, days: DAYS };

/// The larger one, unless other sizes are given.
pub(crate) const LARGE: ListSizes = ListSizes { members: 100_000, entries: 10_000_000, days: 730 };

/// How many days are asked for: as many as counts may span.
const DAYS: u32 = 31;

/// How often a request is sent to each of the two.
const TIMES: u32 = 300;

/// The page far behind.
const FAR: u32 = 1_000;

/// How many entries a page has.
const PAGE: u32 = 100;

/// What growth may be.
const MOST_GROWTH: f64 = 1.3;

/// The measurements.
#[derive(Default)]
pub(crate) struct Lists {
    rows: Vec<Row>,
    /// Of both organizations.
    sizes: Vec<ListSizes>,
    /// In the larger database.
    bytes: RowBytes,
}

/// A request: how long it takes over the small organization and over the large one. Milliseconds, medians.
struct Row {
    name: &'static str,
    small_ms: f64,
    large_ms: f64,
}

/// A request.
struct Question {
    name: &'static str,
    /// The path behind that of organizations, with a name of one member for `{one}`.
    path: String,
    /// Whether page [`FAR`] is meant, or the last where there are fewer.
    is_far: bool,
}

/// Makes both databases and measures. Each request goes to both in turns, so that the machine's load is the same for both.
pub(crate) fn measure(large: ListSizes) -> Lists {
    let (of_small, _) = database::make_lists(SMALL);
    let (of_large, bytes) = database::make_lists(large);
    let [on_small, on_large] = [(SMALL, &of_small), (large, &of_large)]
        .map(|(sizes, seeded)| (sizes, Server::start(seeded.host())));
    let rows = questions().into_iter().map(|question| {
        eprintln!("{}", question.name);
        let requests = [&on_small, &on_large].map(|(sizes, server)| {
            let client = server.client().bearer(TOKEN);
            let path = question.find(&client, *sizes);
            (client, path)
        });
        let [small_ms, large_ms] = in_turns(&requests);
        Row { name: question.name, small_ms, large_ms }
    });
    Lists { rows: rows.collect(), sizes: vec![SMALL, large], bytes }
}

/// What is asked. The days are those of the small log, in which a performer has twenty entries.
fn questions() -> Vec<Question> {
    let question = |name, path: &str, is_far| Question { name, path: path.to_owned(), is_far };
    let [year, month, day] = LOG_ENDS.split('-').collect::<Vec<_>>()[..] else {
        unreachable!("a date has three parts")
    };
    let days = format!("starttime={month}/01/{year}&endtime={month}/{day}/{year}");
    let ever = format!("starttime=01/01/2000&endtime={month}/{day}/{year}&limit={PAGE}");
    let members = format!("org-1/members?limit={PAGE}");
    let by_name = format!("{members}&sort=name");
    let log = format!("org-1/logs?{ever}");
    let performed = format!("logs?{days}&performer=user-7&limit=20");
    vec![
        question("members, first page", &members, false),
        question("members by name, first page", &by_name, false),
        question("members, page 1,000", &members, true),
        question("members by name, page 1,000", &by_name, true),
        question("members, one is found", "org-1/members?q={one}", false),
        question("members, all are found", &format!("{members}&q=user-"), false),
        question("log, first page", &log, false),
        question("log, page 1,000", &log, true),
        question("log, 31 days of a performer", &format!("org-1/{performed}"), false),
        question("the same, who does more elsewhere", &format!("org-2/{performed}"), false),
        question("log, 31 days counted", &format!("org-1/aggregatelogs?{days}"), false),
    ]
}

impl Question {
    /// The path for an organization of these sizes.
    fn find(&self, client: &Client, sizes: ListSizes) -> String {
        let one = format!("user-{}", sizes.members / 2);
        let mut path = format!("/api/v1/organization/{}", self.path.replace("{one}", &one));
        let entries = if self.path.contains("/members") { sizes.members } else { sizes.entries };
        let pages = if self.is_far { FAR.min(entries / PAGE) } else { 1 };
        for _ in 1..pages {
            let page = client.get(&path);
            let links = page.header("link").unwrap_or_default();
            path = linked(links, "next").unwrap_or_else(|| panic!("no other page: {path}: {page}"));
        }
        path
    }
}

/// How long two requests take, in milliseconds: the medians.
fn in_turns(requests: &[(Client, String); 2]) -> [f64; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..TIMES {
        for ((client, path), times) in requests.iter().zip(&mut times) {
            let before = Instant::now();
            let reply = client.get(path);
            times.push(before.elapsed().as_secs_f64() * 1_000.0);
            assert_eq!(reply.status, 200, "{path}: {reply}");
        }
    }
    times.map(median)
}

impl Row {
    fn growth(&self) -> f64 {
        self.large_ms / self.small_ms
    }
}

impl Lists {
    pub(crate) fn table(&self) -> String {
        let mut text = String::from("\nlarge lists\n");
        for ListSizes { members, entries, days } in &self.sizes {
            let _ =
                writeln!(text, "  {members} members, a log of {entries} entries in {days} days");
        }
        let _ =
            writeln!(text, "{:<36} {:>9} {:>9} {:>7}", "request", "small ms", "large ms", "growth");
        for row in &self.rows {
            let Row { name, small_ms, large_ms } = row;
            let _ =
                writeln!(text, "{name:<36} {small_ms:>9.2} {large_ms:>9.2} {:>7.2}", row.growth());
        }
        let RowBytes { account, member, entry } = self.bytes;
        let _ = writeln!(
            text,
            "bytes of the database: {account:.0} for a user, {member:.0} for a member, {entry:.0} for a log entry"
        );
        text
    }

    /// No list takes longer because it is longer.
    pub(crate) fn goals(&self) -> impl Iterator<Item = Goal> {
        self.rows.iter().map(|row| Goal::at_most(row.name, row.growth(), MOST_GROWTH))
    }

    pub(crate) fn json(&self) -> Value {
        let row = |row: &Row| {
            let of = [row.small_ms, row.large_ms, row.growth()].map(round);
            (row.name.to_owned(), json!({ "small_ms": of[0], "large_ms": of[1], "growth": of[2] }))
        };
        let RowBytes { account, member, entry } = self.bytes;
        let bytes =
            json!({ "user": round(account), "member": round(member), "log_entry": round(entry) });
        json!({ "requests": self.rows.iter().map(row).collect::<serde_json::Map<_, _>>(), "bytes": bytes })
    }
}
