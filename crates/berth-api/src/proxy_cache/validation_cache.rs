//! What registries answered in the last 30 seconds, so that nobody can hammer one through us.
//!
//! In the key-value store, under a fixed number of keys that organizations share: old answers make room for new ones, and nothing
//! piles up.

use berth_domain::Namespace;
use berth_domain::Timestamp;
use berth_domain::secret::Purpose;
use berth_web::outbound::registry::{Failure, Upstream, Verdict};
use berth_web::{ApiError, Services};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How long an answer is kept.
const KEPT_S: i64 = 30;

/// How many keys of the key-value store there are for all answers.
const KEYS: u8 = 32;

/// How many answers are kept under one key.
const KEPT: usize = 32;

/// How long an answer may be that is kept, in bytes: one that names a longer host is not.
const LONGEST: usize = 1_024;

/// What a registry answered.
pub(crate) type Outcome = Result<Verdict, Failure>;

#[derive(Serialize, Deserialize)]
struct Answer {
    /// A keyed hash of what was asked: credentials cannot be read from it.
    question: [u8; 32],
    until: i64,
    outcome: Outcome,
}

/// The answer to a question, the kept one if there is one.
pub(crate) fn or_ask(
    services: &Services<'_>,
    organization: &Namespace,
    upstream: &Upstream<'_>,
    ask: impl FnOnce() -> Result<Outcome, ApiError>,
) -> Result<Outcome, ApiError> {
    let asked = [json!(organization.uuid), json!(upstream.name), json!(upstream.insecure)];
    let asked = json!([asked, upstream.credentials, upstream.allowed]).to_string();
    let question = services.sealing_keys()?.fingerprint(Purpose::UpstreamCredentials, &asked);
    let key = key_of(services, organization)?;
    let answers = kept(services, &key)?;
    if let Some(answer) = answers.iter().find(|answer| answer.question == question) {
        return Ok(answer.outcome.clone());
    }
    let outcome = ask()?;
    let until = services.now().plus_seconds(KEPT_S).as_micros();
    let answer = Answer { question, until, outcome: outcome.clone() };
    if json!(answer).to_string().len() > LONGEST {
        return Ok(outcome);
    }
    // Others were asked meanwhile.
    let mut answers = kept(services, &key)?;
    answers.truncate(KEPT - 1);
    answers.insert(0, answer);
    services.key_value().set(&key, json!(answers).to_string().as_bytes())?;
    Ok(outcome)
}

/// Where the answers for an organization are, among those for others.
fn key_of(services: &Services<'_>, organization: &Namespace) -> Result<String, ApiError> {
    let hash =
        services.sealing_keys()?.fingerprint(Purpose::UpstreamCredentials, &organization.uuid);
    Ok(format!("berth/upstream-answers/{:02}", hash[0] % KEYS))
}

/// The answers that still count, the newest first. What cannot be read is as good as lost.
fn kept(services: &Services<'_>, key: &str) -> Result<Vec<Answer>, ApiError> {
    let value = services.key_value().get(key)?.unwrap_or_default();
    let mut answers: Vec<Answer> = serde_json::from_slice(&value).unwrap_or_default();
    answers.retain(|answer| services.now() < Timestamp::from_micros(answer.until));
    Ok(answers)
}
