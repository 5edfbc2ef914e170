//! Counting attempts, so that guessing is slow and costs little (`docs/contract/quay.md` 0.3 F6, 5.4).
//!
//! Records are in the key-value store. Which of 65,536 slots of its kind one has is a keyed hash of whom it is about: guesses
//! fill no store, and nobody makes another one meet a record. A record stays while it makes somebody wait; then the next one
//! in its slot takes its place.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_domain::Timestamp;
use berth_domain::secret::Purpose;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::request::{Request, RequestExt};
use crate::services::Services;

/// Failures in a row beyond this number no longer lengthen the wait, which is then a good hour.
const MOST_IN_A_ROW: u32 = 13;

/// After how many seconds an attempt that came to no end counts as a failure.
const ATTEMPT_TIMEOUT_S: i64 = 10;

/// How often an attempt whose note others overwrite makes it again. The store cannot compare and set.
const MOST_NOTES: usize = 9;

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
}

/// Tells attempts that are made at the same time from each other.
type AttemptId = u32;

/// What is known of one name, address or device.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Whose it is.
    owner: String,
    /// Failures that count; where they wear off, since `since`.
    count: u32,
    since: i64,
    /// Those of them that are being checked at this moment: each counts as a failure until it is known to be none, since
    /// guesses that are made at the same time must see each other.
    open: Vec<AttemptId>,
    last_at: i64,
    /// When an attempt was last none.
    #[serde(default)]
    pub(crate) succeeded_at: i64,
    /// What was before does not count.
    #[serde(default)]
    pub(crate) forgiven_at: i64,
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
        let failures = self.count.saturating_sub(open);
        let until = match rule {
            _ if failures == 0 => return 0,
            Rule::Doubling => {
                let half_seconds = (1_i64 << failures.min(MOST_IN_A_ROW)) - 1;
                self.last_at + half_seconds * 500_000
            }
            Rule::Steady { burst, .. } if failures < burst => return 0,
            Rule::Steady { burst, pause } => {
                self.since + pause * (1 + i64::from(failures).saturating_sub(i64::from(burst)))
            }
        };
        (until - now.as_micros()).max(0)
    }

    /// Whether somebody waits because of it, or an answer is still to come.
    fn counts_at(&self, rule: Rule, now: Timestamp) -> bool {
        !self.open_at(now).is_empty() || self.wait(rule, now) > 0
    }

    /// With one more, which is being checked.
    fn begun(self, attempt: AttemptId, now: Timestamp) -> Self {
        let open = [self.open_at(now), &[attempt]].concat();
        Self { count: self.count.saturating_add(1), open, last_at: now.as_micros(), ..self }
    }

    /// With one that is being checked found out to be a failure. Another one that was none may have taken the note away.
    fn failed(self, attempt: AttemptId, now: Timestamp) -> Self {
        let known = if self.open.contains(&attempt) { self } else { self.begun(attempt, now) };
        let open = known.open.iter().copied().filter(|open| *open != attempt).collect();
        Self { open, ..known }
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
}

/// A place in the key-value store, which others may have at other times.
pub(crate) struct Slot {
    /// Where it is.
    pub(crate) key: String,
    /// Whose it is.
    pub(crate) owner: String,
}

impl Slot {
    /// The slot of what `parts` name together.
    pub(crate) fn new(
        services: &Services<'_>,
        kind: &str,
        parts: &[&str],
    ) -> Result<Self, ApiError> {
        let whom = serde_json::json!([kind, parts]).to_string();
        let hash = services.sealing_keys()?.fingerprint(Purpose::Throttle, &whom);
        Ok(Self {
            key: format!("berth/throttle/{kind}-{:02x}{:02x}", hash[0], hash[1]),
            owner: URL_SAFE_NO_PAD.encode(hash),
        })
    }
}

/// What counts the attempts of one name, address or device.
pub(crate) struct Throttle<'a> {
    services: &'a Services<'a>,
    slot: Slot,
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
        let slot = Slot::new(services, kind, parts)?;
        Ok(Self { services, slot, rule, at_once, forgiven_at: 0 })
    }

    /// The same, for which failures before `forgiven_at` do not count.
    pub(crate) fn forgiven(self, forgiven_at: i64) -> Self {
        Self { forgiven_at, ..self }
    }

    /// Whether an attempt would be heard. Notes nothing.
    pub(crate) fn require(&self) -> Result<(), ApiError> {
        self.record()?.map_or(Ok(()), |record| self.require_of(&record))
    }

    /// Notes an attempt, if one is heard at all. One whose note another one overwrote makes it again.
    pub(crate) fn begin(self) -> Result<Attempt<'a>, ApiError> {
        let id = self.new_id();
        match self.note(id)? {
            true => Ok(Attempt { throttle: self, id }),
            false => Err(ApiError::TooManyAttempts { retry_after_s: 1 }),
        }
    }

    /// Counts a failure that was not noted before.
    pub(crate) fn count(&self) -> Result<(), ApiError> {
        self.fail(self.new_id())
    }

    /// Counts something that is as good as a failure, if it is heard at all. Where many are at it, it is counted at the end.
    fn take(&self) -> Result<(), ApiError> {
        let id = self.new_id();
        self.note(id)?;
        self.fail(id)
    }

    /// From now on nothing that was before counts, here and where [`Record::forgiven_at`] is asked for.
    pub(crate) fn forgive(&self) -> Result<(), ApiError> {
        self.set(&Record { forgiven_at: self.services.now().as_micros(), ..self.empty() })
    }

    /// Whether an attempt would be heard with that record.
    pub(crate) fn require_of(&self, record: &Record) -> Result<(), ApiError> {
        let now = self.services.now();
        let wait = record.wait(self.rule, now);
        if wait > 0 {
            return Err(ApiError::TooManyAttempts { retry_after_s: (wait + 999_999) / 1_000_000 });
        }
        if record.open_at(now).len() >= self.at_once {
            return Err(ApiError::TooManyAttempts { retry_after_s: 1 });
        }
        Ok(())
    }

    /// What is known so far; nothing where the slot is another's, whom somebody still waits for.
    pub(crate) fn record(&self) -> Result<Option<Record>, ApiError> {
        let now = self.services.now();
        let kept = self.services.key_value().get(&self.slot.key)?;
        let kept: Option<Record> = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
        Ok(match kept.map(|record| record.at(self.rule, now)) {
            Some(own) if own.owner == self.slot.owner => Some(self.pardoned(own)),
            Some(other) if other.counts_at(self.rule, now) => None,
            _ => Some(self.empty()),
        })
    }

    /// Notes an attempt, if one is heard at all; whether the note stayed.
    fn note(&self, id: AttemptId) -> Result<bool, ApiError> {
        for _ in 0..MOST_NOTES {
            let Some(before) = self.record()? else { return Ok(true) };
            if before.open.contains(&id) {
                return Ok(true);
            }
            self.require_of(&before)?;
            self.set(&before.begun(id, self.services.now()))?;
        }
        Ok(false)
    }

    fn fail(&self, id: AttemptId) -> Result<(), ApiError> {
        let Some(before) = self.record()? else { return Ok(()) };
        self.set(&before.failed(id, self.services.now()))
    }

    fn new_id(&self) -> AttemptId {
        AttemptId::from_le_bytes(self.services.random().bytes())
    }

    fn pardoned(&self, own: Record) -> Record {
        if own.last_at > self.forgiven_at { own } else { Record { count: 0, ..own } }
    }

    fn empty(&self) -> Record {
        let since = self.services.now().as_micros();
        Record { owner: self.slot.owner.clone(), since, ..Record::default() }
    }

    fn set(&self, record: &Record) -> Result<(), ApiError> {
        let Ok(value) = serde_json::to_vec(record) else {
            unreachable!("a record is plain data");
        };
        Ok(self.services.key_value().set(&self.slot.key, &value)?)
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
        let Throttle { services, rule, .. } = self.throttle;
        let Some(before) = self.throttle.record()? else { return Ok(()) };
        self.throttle.set(&before.succeeded(self.id, rule, services.now()))
    }

    /// Takes its note away: it was not made after all.
    pub(crate) fn withdraw(&self) -> Result<(), ApiError> {
        let Some(mut before) = self.throttle.record()? else { return Ok(()) };
        if before.open.contains(&self.id) {
            before.open.retain(|open| *open != self.id);
            before.count = before.count.saturating_sub(1);
            self.throttle.set(&before)?;
        }
        Ok(())
    }
}

/// Counts something that a client asks for, of which each address may have so many in an hour; 0 is no limit.
///
/// # Errors
/// [`ApiError::TooManyAttempts`] beyond that; [`ApiError`] when the key-value store does not answer.
pub fn limit_rate(
    services: &Services<'_>,
    request: &Request,
    kind: &str,
    per_hour: i64,
) -> Result<(), ApiError> {
    if per_hour == 0 {
        return Ok(());
    }
    let rule = Rule::per(per_hour, 3_600);
    let network = network(request);
    Throttle::new(services, kind, &[&network], rule, usize::MAX)?.take()
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
