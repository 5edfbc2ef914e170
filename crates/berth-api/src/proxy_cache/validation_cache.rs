//! What registries answered in the last 30 seconds, so that nobody can hammer one through us.
//!
//! In the key-value store, one value for each organization: old answers make room for new ones, and nothing piles up.

use crate::organizations::deletion;
use berth_domain::Namespace;
use berth_domain::Timestamp;
use berth_domain::secret::Purpose;
use berth_web::outbound::registry::{Failure, Upstream, Verdict};
use berth_web::{ApiError, Services};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How long an answer is kept.
const KEPT_S: i64 = 30;

/// How many answers are kept for an organization.
const KEPT: usize = 16;

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
    let key = deletion::upstream_answers(organization);
    let asked = [json!(organization.uuid), json!(upstream.name), json!(upstream.insecure)];
    let asked = json!([asked, upstream.credentials, upstream.allowed]).to_string();
    let question = services.sealing_keys()?.fingerprint(Purpose::UpstreamCredentials, &asked);
    let answers = kept(services, &key)?;
    if let Some(answer) = answers.iter().find(|answer| answer.question == question) {
        return Ok(answer.outcome.clone());
    }
    let outcome = ask()?;
    // Others were asked meanwhile.
    let mut answers = kept(services, &key)?;
    answers.truncate(KEPT - 1);
    let until = services.now().plus_seconds(KEPT_S).as_micros();
    answers.insert(0, Answer { question, until, outcome: outcome.clone() });
    services.key_value().set(&key, json!(answers).to_string().as_bytes())?;
    Ok(outcome)
}

/// The answers that still count, the newest first. What cannot be read is as good as lost.
fn kept(services: &Services<'_>, key: &str) -> Result<Vec<Answer>, ApiError> {
    let value = services.key_value().get(key)?.unwrap_or_default();
    let mut answers: Vec<Answer> = serde_json::from_slice(&value).unwrap_or_default();
    answers.retain(|answer| services.now() < Timestamp::from_micros(answer.until));
    Ok(answers)
}
