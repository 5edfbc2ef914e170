//! Counting attempts, so that guessing is slow and costs little (`docs/contract/quay.md` 0.3 F6, 5.4), and what else a client may do
//! only so often ([`crate::rate`]).
//!
//! Records are in the key-value store, in a fixed number of buckets of a limited number of records each. Which bucket one is
//! in is a keyed hash of whom it is about: whatever is tried fills no store, and nobody can choose whose record is beside
//! theirs. A record stays while it makes somebody wait. Of the others those that are good for nothing any more go when their
//! bucket is written, and where there is no room, those that were not used for the longest time, failures before successes.
//! Where all of a bucket make somebody wait, a new name, address or device is not counted: nobody is locked out by the
//! guesses of others.
//!
//! The store cannot compare and set. Whoever writes a bucket reads it again, and once more after the writes of others that were
//! on their way: both reads must find it the same, with what was noted, or it is noted again. So a note is lost only where a
//! read and the write that follows it take longer than a write and a read of another instance.

#[cfg(test)]
mod at_once;

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_domain::Timestamp;
use berth_domain::secret::Purpose;
use serde::{Deserialize, Serialize};

use crate::error::{ApiError, RateLimit};
use crate::request::{Request, RequestExt};
use crate::services::Services;

/// How many keys of the key-value store there are for all records. Hosts allow 1,024 in a store.
const BUCKETS: usize = 512;

/// How many records a bucket has at most: some 30 KB.
const MOST_RECORDS: usize = 128;

/// Failures in a row beyond this number no longer lengthen the wait, which is then a good hour.
const MOST_IN_A_ROW: u32 = 13;

/// After how many seconds an attempt that came to no end counts as a failure.
const ATTEMPT_TIMEOUT_S: i64 = 10;

/// How long it is remembered who failed in a row or succeeded, in seconds: a month.
pub(crate) const KEPT_S: i64 = 30 * 86_400;

/// How often what is noted is looked for, or written again where others overwrote it.
const MOST_NOTES: usize = 50;

/// A key that there never is. Deleting it waits for the writes of others, where the store does them one after another.
const NO_KEY: &str = "berth/throttle/none";

/// How many of the latest failures are known by their ids.
const LATEST: usize = 32;

/// How failures make the next attempt wait.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rule {
    /// After n failures in a row the next attempt is heard 0.5 · (2^n − 1) seconds after the last.
    Doubling,
    /// So many failures at once, and then one each pause.
    Steady {
        /// How many at once.
        burst: u32,
        /// The pause, in microseconds.
        pause: i64,
    },
}

impl Rule {
    /// `count` failures in a period of so many seconds.
    pub(crate) fn per(count: i64, period_s: i64) -> Self {
        let burst = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        Self::Steady { burst, pause: (period_s * 1_000_000 / i64::from(burst)).max(1) }
    }

    /// How many there may be before somebody waits.
    fn limit(self) -> i64 {
        match self {
            Self::Doubling => 1,
            Self::Steady { burst, .. } => i64::from(burst),
        }
    }
}

/// Tells attempts that are made at the same time from each other.
type AttemptId = u32;

/// What is known of one name, address or device. The names are short because the store's values are.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    /// Failures that count; where they wear off, since `since`.
    #[serde(rename = "n")]
    count: u32,
    #[serde(rename = "s")]
    since: i64,
    /// Those of them that are being checked at this moment: each counts as a failure until it is known to be none, since
    /// guesses that are made at the same time must see each other.
    #[serde(rename = "a", skip_serializing_if = "Vec::is_empty")]
    open: Vec<AttemptId>,
    /// The latest that are known to be failures, and were noted in the last seconds.
    #[serde(rename = "d", skip_serializing_if = "Vec::is_empty")]
    latest: Vec<AttemptId>,
    #[serde(rename = "l")]
    last_at: i64,
    /// When an attempt was last none.
    #[serde(rename = "y", skip_serializing_if = "is_zero")]
    pub(crate) succeeded_at: i64,
    /// What was before does not count.
    #[serde(rename = "f", skip_serializing_if = "is_zero")]
    pub(crate) forgiven_at: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Record {
    /// The same at a later time: failures wear off.
    fn at(mut self, rule: Rule, now: Timestamp) -> Self {
        let Rule::Steady { pause, .. } = rule else { return self };
        let paid = ((now.as_micros() - self.since) / pause).max(0);
        self.since += paid * pause;
        self.count = self.count.saturating_sub(u32::try_from(paid).unwrap_or(u32::MAX));
        if self.count == 0 {
            self.since = now.as_micros();
        }
        self
    }

    /// Attempts that are being checked, unless their instances are gone.
    fn open_at(&self, now: Timestamp) -> &[AttemptId] {
        let ends_at = Timestamp::from_micros(self.last_at).plus_seconds(ATTEMPT_TIMEOUT_S);
        if now < ends_at { &self.open } else { &[] }
    }

    /// How long the next attempt has to wait, in microseconds, for those that are known to be failures.
    fn wait(&self, rule: Rule, now: Timestamp) -> i64 {
        let open = u32::try_from(self.open_at(now).len()).unwrap_or(u32::MAX);
        let until = self.waits_until(rule, self.count.saturating_sub(open));
        (until - now.as_micros()).max(0)
    }

    /// Until when the next attempt has to wait after so many failures.
    fn waits_until(&self, rule: Rule, failures: u32) -> i64 {
        match rule {
            _ if failures == 0 => 0,
            Rule::Doubling => {
                let half_seconds = (1_i64 << failures.min(MOST_IN_A_ROW)) - 1;
                self.last_at + half_seconds * 500_000
            }
            Rule::Steady { burst, .. } if failures < burst => 0,
            Rule::Steady { burst, pause } => {
                self.since + pause * (1 + i64::from(failures).saturating_sub(i64::from(burst)))
            }
        }
    }

    /// Until when somebody waits because of it, or an answer is still to come.
    fn counts_until(&self, rule: Rule) -> i64 {
        let answered = match self.open.is_empty() {
            true => 0,
            false => after(self.last_at, ATTEMPT_TIMEOUT_S),
        };
        self.waits_until(rule, self.count).max(answered)
    }

    /// When it is good for nothing any more.
    fn expires_at(&self, rule: Rule) -> i64 {
        let kept = match rule {
            Rule::Doubling => after(self.used_at(), KEPT_S),
            Rule::Steady { pause, .. } => {
                let worn_off = self.since.saturating_add(pause.saturating_mul(self.count.into()));
                worn_off.max(after(self.forgiven_at, KEPT_S))
            }
        };
        self.counts_until(rule).max(kept)
    }

    /// When it was last written on purpose.
    fn used_at(&self) -> i64 {
        self.last_at.max(self.succeeded_at).max(self.forgiven_at)
    }

    /// With one more, which is being checked.
    fn begun(self, attempt: AttemptId, now: Timestamp) -> Self {
        let open = [self.open_at(now), &[attempt]].concat();
        Self { count: self.count.saturating_add(1), open, last_at: now.as_micros(), ..self }
    }

    /// With one that is being checked found out to be a failure. Another one that was none may have taken the note away.
    fn failed(self, attempt: AttemptId, now: Timestamp) -> Self {
        let recent = now < Timestamp::from_micros(self.last_at).plus_seconds(ATTEMPT_TIMEOUT_S);
        let mut known = if self.open.contains(&attempt) { self } else { self.begun(attempt, now) };
        known.open.retain(|open| *open != attempt);
        if !recent {
            known.latest.clear();
        }
        known.latest.push(attempt);
        let excess = known.latest.len().saturating_sub(LATEST);
        known.latest.drain(..excess);
        known
    }

    /// With one that is being checked found out to be none: that ends a row of failures, and nothing else.
    fn succeeded(mut self, attempt: AttemptId, rule: Rule, now: Timestamp) -> Self {
        let noted = self.open.contains(&attempt);
        self.open.retain(|open| *open != attempt);
        self.count = match rule {
            Rule::Doubling => u32::try_from(self.open.len()).unwrap_or(u32::MAX),
            Rule::Steady { .. } => self.count.saturating_sub(u32::from(noted)),
        };
        self.succeeded_at = now.as_micros();
        self
    }

    /// Without one that was being checked and was not made after all.
    fn withdrawn(mut self, attempt: AttemptId) -> Self {
        self.open.retain(|open| *open != attempt);
        self.count = self.count.saturating_sub(1);
        self
    }
}

/// So many seconds after something, if it was at all.
fn after(at: i64, seconds: i64) -> i64 {
    if at == 0 { 0 } else { at + seconds * 1_000_000 }
}

/// A line of a bucket: whose record it is, how long it is of use, and the record, which is read for its owner alone.
struct Line<'a> {
    owner: &'a str,
    counts_until: i64,
    expires_at: i64,
    used_at: i64,
    /// Whether more than failures is remembered.
    remembers: bool,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ' ');
        let owner = parts.next()?;
        let mut number = || parts.next()?.parse().ok();
        let (counts_until, expires_at, used_at) = (number()?, number()?, number()?);
        Some(Self { owner, counts_until, expires_at, used_at, remembers: number()? > 0, text })
    }

    fn record(&self) -> Option<Record> {
        serde_json::from_str(self.text.splitn(6, ' ').nth(5)?).ok()
    }

    /// The line of a record.
    fn write(owner: &str, record: &Record, rule: Rule) -> String {
        let Ok(text) = serde_json::to_string(record) else {
            unreachable!("a record is plain data");
        };
        let (counts_until, expires_at) = (record.counts_until(rule), record.expires_at(rule));
        let remembers = i64::from(record.succeeded_at.max(record.forgiven_at) > 0);
        format!("{owner} {counts_until} {expires_at} {} {remembers} {text}", record.used_at())
    }
}

/// The value of a key: the records of whoever they are about, in lines. What cannot be read is as good as lost.
#[derive(PartialEq, Eq)]
struct Bucket(String);

impl Bucket {
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.0.lines().filter_map(Line::read)
    }

    fn of(&self, owner: &str) -> Option<Record> {
        let text = self.0.lines().find(|line| line.starts_with(owner))?;
        Line::read(text)?.record()
    }

    /// Whether there is room for another record: one that makes nobody wait makes room.
    fn has_room(&self, now: Timestamp) -> bool {
        self.0.lines().count() < MOST_RECORDS
            || self.lines().any(|line| line.counts_until <= now.as_micros())
    }

    /// With that line in place of the one of its owner. What is good for nothing is left out.
    fn with(&self, line: &str, now: Timestamp) -> String {
        let new = Line::read(line);
        let is_new = |other: &Line<'_>| new.as_ref().is_some_and(|new| new.owner == other.owner);
        let living = |line: &Line<'_>| line.expires_at > now.as_micros();
        let mut kept: Vec<_> = self.lines().filter(|line| !is_new(line) && living(line)).collect();
        if kept.len() >= MOST_RECORDS {
            let idle = kept.iter().enumerate();
            let idle = idle.filter(|(_, line)| line.counts_until <= now.as_micros());
            let least = idle.min_by_key(|(_, line)| (line.remembers, line.used_at));
            if let Some(least) = least.map(|(position, _)| position) {
                kept.swap_remove(least);
            }
        }
        kept.extend(new.into_iter().filter(living));
        kept.iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
    }
}

/// What counts the attempts of one name, address or device.
pub(crate) struct Throttle<'a> {
    services: &'a Services<'a>,
    /// The key of the bucket.
    key: String,
    /// Whose record it is.
    owner: String,
    rule: Rule,
    /// How many attempts may be checked at the same moment: programs ask in parallel.
    at_once: usize,
    /// Failures before do not count.
    forgiven_at: i64,
}

impl<'a> Throttle<'a> {
    /// The throttle of what `parts` name together.
    pub(crate) fn new(
        services: &'a Services<'a>,
        kind: &str,
        parts: &[&str],
        rule: Rule,
        at_once: usize,
    ) -> Result<Self, ApiError> {
        let whom = serde_json::json!([kind, parts]).to_string();
        let hash = services.sealing_keys()?.fingerprint(Purpose::Throttle, &whom);
        let bucket = usize::from(u16::from_be_bytes([hash[0], hash[1]])) % BUCKETS;
        let (key, owner) = (format!("berth/throttle/{bucket:03}"), &hash[16..]);
        let owner = URL_SAFE_NO_PAD.encode(owner);
        Ok(Self { services, key, owner, rule, at_once, forgiven_at: 0 })
    }

    /// The same, for which failures before `forgiven_at` do not count.
    pub(crate) fn forgiven(self, forgiven_at: i64) -> Self {
        Self { forgiven_at, ..self }
    }

    /// Whether an attempt would be heard. Notes nothing.
    pub(crate) fn require(&self) -> Result<(), ApiError> {
        self.record()?.map_or(Ok(()), |record| self.require_of(&record))
    }

    /// Notes an attempt, if one is heard at all.
    pub(crate) fn begin(self) -> Result<Attempt<'a>, ApiError> {
        let (id, now) = (self.new_id(), self.services.now());
        let is_noted = self.change(
            |record| record.open.contains(&id),
            |record| self.require_of(&record).map(|()| record.begun(id, now)),
        )?;
        if is_noted { Ok(Attempt { throttle: self, id }) } else { Err(self.too_many(1)) }
    }

    /// Counts a failure that was not noted before.
    pub(crate) fn count(&self) -> Result<(), ApiError> {
        self.fail(self.new_id())
    }

    /// Counts something that is as good as a failure, if it is heard at all.
    pub(crate) fn take(&self) -> Result<(), ApiError> {
        let (id, now) = (self.new_id(), self.services.now());
        let is_noted = self.change(
            |record| record.latest.contains(&id),
            |record| self.require_of(&record).map(|()| record.failed(id, now)),
        )?;
        if is_noted { Ok(()) } else { Err(self.too_many(1)) }
    }

    /// From now on nothing that was before counts, here and where [`Record::forgiven_at`] is asked for.
    pub(crate) fn forgive(&self) -> Result<(), ApiError> {
        let forgiven_at = self.services.now().as_micros();
        let forgiven = |record: &Record| record.forgiven_at == forgiven_at;
        self.change(forgiven, |_| Ok(Record { forgiven_at, ..self.empty() })).map(drop)
    }

    /// Whether an attempt would be heard with that record.
    pub(crate) fn require_of(&self, record: &Record) -> Result<(), ApiError> {
        let now = self.services.now();
        let wait = record.wait(self.rule, now);
        if wait > 0 {
            return Err(self.too_many((wait + 999_999) / 1_000_000));
        }
        if record.open_at(now).len() >= self.at_once {
            return Err(ApiError::TooManyAttempts(RateLimit::of(self.at_once, 1)));
        }
        Ok(())
    }

    /// What is known so far; nothing where the bucket is full of others, for whom somebody still waits.
    pub(crate) fn record(&self) -> Result<Option<Record>, ApiError> {
        Ok(self.own(&self.read()?))
    }

    fn too_many(&self, wait_s: i64) -> ApiError {
        ApiError::TooManyAttempts(RateLimit { limit: self.rule.limit(), reset_s: wait_s })
    }

    /// Changes the record until `is_done` is seen to stay; whether it was.
    fn change(
        &self,
        is_done: impl Fn(&Record) -> bool,
        change: impl Fn(Record) -> Result<Record, ApiError>,
    ) -> Result<bool, ApiError> {
        let mut seen = None;
        for _ in 0..MOST_NOTES {
            let bucket = self.read()?;
            let Some(record) = self.own(&bucket) else { return Ok(true) };
            if !is_done(&record) {
                self.write(&bucket, &change(record)?)?;
            } else if seen.as_ref() == Some(&bucket) {
                return Ok(true);
            } else {
                seen = Some(bucket);
                self.services.key_value().delete(NO_KEY)?;
            }
        }
        Ok(false)
    }

    fn fail(&self, id: AttemptId) -> Result<(), ApiError> {
        let now = self.services.now();
        let is_noted = |record: &Record| record.latest.contains(&id);
        self.change(is_noted, |record| Ok(record.failed(id, now))).map(drop)
    }

    fn new_id(&self) -> AttemptId {
        AttemptId::from_le_bytes(self.services.random().bytes())
    }

    fn own(&self, bucket: &Bucket) -> Option<Record> {
        let now = self.services.now();
        match bucket.of(&self.owner) {
            Some(own) => Some(self.pardoned(own.at(self.rule, now))),
            None => bucket.has_room(now).then(|| self.empty()),
        }
    }

    fn pardoned(&self, own: Record) -> Record {
        if own.last_at > self.forgiven_at { own } else { Record { count: 0, ..own } }
    }

    fn empty(&self) -> Record {
        let since = self.services.now().as_micros();
        Record { since, ..Record::default() }
    }

    fn read(&self) -> Result<Bucket, ApiError> {
        let value = self.services.key_value().get(&self.key)?.unwrap_or_default();
        Ok(Bucket(String::from_utf8(value).unwrap_or_default()))
    }

    fn write(&self, bucket: &Bucket, record: &Record) -> Result<(), ApiError> {
        let line = Line::write(&self.owner, record, self.rule);
        let value = bucket.with(&line, self.services.now());
        Ok(self.services.key_value().set(&self.key, value.as_bytes())?)
    }
}

/// An attempt that is being checked.
pub(crate) struct Attempt<'a> {
    throttle: Throttle<'a>,
    id: AttemptId,
}

impl Attempt<'_> {
    /// Notes that it was a failure.
    pub(crate) fn fail(&self) -> Result<(), ApiError> {
        self.throttle.fail(self.id)
    }

    /// Notes that it was none.
    pub(crate) fn succeed(&self) -> Result<(), ApiError> {
        let (id, rule, now) = (self.id, self.throttle.rule, self.throttle.services.now());
        let is_noted = |record: &Record| {
            let remembered = match rule {
                Rule::Doubling => record.succeeded_at == now.as_micros(),
                Rule::Steady { .. } => true,
            };
            remembered && !record.open.contains(&id)
        };
        self.throttle.change(is_noted, |record| Ok(record.succeeded(id, rule, now))).map(drop)
    }

    /// Takes its note away: it was not made after all.
    pub(crate) fn withdraw(&self) -> Result<(), ApiError> {
        let id = self.id;
        let is_gone = |record: &Record| !record.open.contains(&id);
        self.throttle.change(is_gone, |record| Ok(record.withdrawn(id))).map(drop)
    }
}

/// The client's address as far as it tells clients apart: whoever has an IPv6 address has the 64 bits behind its network.
#[must_use]
pub fn network(request: &Request) -> String {
    let address = request.client_address().unwrap_or_default();
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Rule = Rule::Steady { burst: 10, pause: 6_000_000 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(1_000 + seconds)
    }

    fn wait_s(record: &Record, rule: Rule, now: Timestamp) -> i64 {
        record.clone().at(rule, now).wait(rule, now) / 1_000_000
    }

    #[test]
    fn waits_double() {
        for (count, half_seconds) in [(0, 0), (1, 1), (2, 3), (3, 7), (13, 8_191), (90, 8_191)] {
            let record = Record { count, last_at: at(0).as_micros(), ..Record::default() };
            assert_eq!(record.wait(Rule::Doubling, at(0)), half_seconds * 500_000, "{count}");
            assert_eq!(record.wait(Rule::Doubling, at(4_096)), 0, "{count}");
        }
    }

    #[test]
    fn steady_failures_wear_off() {
        let mut record = Record { since: at(0).as_micros(), ..Record::default() };
        for attempt in 1..=10 {
            assert_eq!(wait_s(&record, MINUTE, at(0)), 0, "{attempt}");
            record = record.begun(attempt, at(0)).failed(attempt, at(0));
        }
        assert_eq!(wait_s(&record, MINUTE, at(0)), 6);
        assert_eq!(wait_s(&record, MINUTE, at(5)), 1);
        assert_eq!(wait_s(&record, MINUTE, at(6)), 0);
        // One is heard each pause, however long the attack lasts.
        let mut heard = 0;
        for second in 6..606 {
            record = record.at(MINUTE, at(second));
            if record.wait(MINUTE, at(second)) == 0 {
                record = record.begun(99, at(second)).failed(99, at(second));
                heard += 1;
            }
        }
        assert_eq!(heard, 100);
        assert_eq!(record.at(MINUTE, at(700)).count, 0);
    }

    /// Somebody with an account of their own would otherwise guess at others' between two right passwords.
    #[test]
    fn a_success_takes_no_failure_of_others_away() {
        let mut record = Record { since: at(0).as_micros(), ..Record::default() };
        for attempt in 1..=9 {
            record = record.begun(attempt, at(0)).failed(attempt, at(0));
            record = record.begun(77, at(0)).succeeded(77, MINUTE, at(0));
        }
        assert_eq!(record.count, 9);
        let row = record.begun(77, at(0)).succeeded(77, Rule::Doubling, at(0));
        assert_eq!(row.count, 0);
    }

    /// Guesses that are made at the same time would otherwise all be heard before the first of them is known to be wrong.
    #[test]
    fn what_is_being_checked_counts() {
        let most = (1..=8).fold(Record::default(), |record, attempt| record.begun(attempt, at(0)));
        assert_eq!((most.open_at(at(0)).len(), most.wait(Rule::Doubling, at(0))), (8, 0));
        let wrong = (1..=8).fold(most.clone(), |record, attempt| record.failed(attempt, at(0)));
        assert_eq!((wrong.count, wrong.open.len()), (8, 0));
        assert_eq!(wrong.wait(Rule::Doubling, at(127)), 500_000);
        assert_eq!(wrong.wait(Rule::Doubling, at(128)), 0);
        // Nobody waits for an instance that is gone, and its attempt is a failure.
        assert!(most.open_at(at(ATTEMPT_TIMEOUT_S)).is_empty());
        assert!(most.wait(Rule::Doubling, at(ATTEMPT_TIMEOUT_S)) > 0);
        // One that was none took the note away.
        assert_eq!(Record::default().failed(1, at(0)).count, 1);
    }

    /// The owners of a bucket, in their order.
    fn owners(bucket: &Bucket) -> Vec<&str> {
        bucket.lines().map(|line| line.owner).collect()
    }

    /// Whoever tries names or addresses without end pushes nobody out for whom somebody waits, nor, while there is anybody else,
    /// anybody who is known here.
    #[test]
    fn a_full_bucket_keeps_what_counts() {
        let (now, rule) = (at(0), Rule::Doubling);
        let put = |bucket: Bucket, owner: &str, record: &Record, now: Timestamp| {
            Bucket(bucket.with(&Line::write(owner, record, rule), now))
        };
        let waits = Record { count: 13, last_at: now.as_micros(), ..Record::default() };
        let known = Record { succeeded_at: now.as_micros(), ..Record::default() };
        let mut bucket =
            put(put(Bucket(String::new()), "victim", &waits, now), "known", &known, now);
        // A failure makes somebody wait for half a second.
        for number in 0..1_000 {
            let at = at(1 + number);
            let guess = Record { count: 1, last_at: at.as_micros(), ..Record::default() };
            bucket = put(bucket, &format!("guess{number}"), &guess, at);
        }
        assert_eq!(owners(&bucket).len(), MOST_RECORDS);
        assert_eq!(bucket.of("victim").map(|record| record.count), Some(13));
        assert!(bucket.of("known").is_some() && bucket.of("guess999").is_some());
        assert!(bucket.of("guess0").is_none() && bucket.0.len() < 65_536);
        // Those for whom somebody waits leave no room, and go when nobody does.
        let mut full = Bucket(String::new());
        for number in 0..MOST_RECORDS {
            full = put(full, &format!("waits{number}"), &waits, now);
        }
        assert!(!full.has_room(now) && full.has_room(at(4_096)));
        // What is good for nothing any more goes with the next write, whoever writes.
        let late = now.plus_seconds(KEPT_S + 1);
        let new = Record { count: 1, last_at: late.as_micros(), ..Record::default() };
        assert_eq!(owners(&put(full, "new", &new, late)), ["new"]);
    }

    #[test]
    fn clients_are_told_apart_by_network() {
        let of = |address: &str| {
            let request = http::Request::builder().header("spin-client-addr", address);
            network(&request.body(Vec::new()).expect("a request"))
        };
        assert_eq!(of("192.0.2.1:4711"), "192.0.2.1");
        assert_eq!(of("[::ffff:192.0.2.1]:4711"), "192.0.2.1");
        assert_eq!(of("[2001:db8:1:2:3::4]:80"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("[2001:db8:1:2:3::4]:80"), of("2001:db8:1:3:3::4"));
    }
}
