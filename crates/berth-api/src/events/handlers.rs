//! Taking the notifications of the registry (`docs/contract/registry.md` C.2).

use berth_access::Public;
use berth_domain::{QuotaLimitKind, ReachedLimit, settings};
use berth_store::events::{self, Fill, RegistryEvent};
use berth_store::notifications::{self, NotificationKind};
use berth_store::{StoreError, transaction};
use berth_web::{Context, HandlerResult, JsonResponse};

use super::bodies::{Envelope, Event};
use super::translation::{Rules, translate};
use super::views::TakenEvents;
use crate::quotas::views::Quotas;

/// `POST /registry/events`: takes whatever the registry sends. What it is refused it sends again for ever, and nothing else
/// meanwhile; so only what a later attempt mends is an error.
pub(crate) fn take(
    cx: &Context<'_, Public>,
    envelope: Envelope,
) -> HandlerResult<JsonResponse<TakenEvents>> {
    let services = cx.services();
    let rules = Rules {
        library: services.setting(&settings::LIBRARY_NAMESPACE),
        logs_pulls: services.setting(&settings::FEATURE_PULL_LOGS),
        now: services.now(),
    };
    let Envelope { events, unreadable } = &envelope;
    if *unreadable > 0 {
        eprintln!("warning: {unreadable} notifications of the registry cannot be read");
    }
    let known: Vec<_> =
        events.iter().filter_map(|event: &Event| translate(event, &rules)).collect();
    let taken = known.len();
    match apply(cx, &known) {
        Ok(()) => {}
        Err(error) if is_ours(&error) => return Err(error.into()),
        Err(error) => {
            let ids: Vec<_> = known.iter().map(|event| event.id).collect();
            eprintln!("error: the notifications {ids:?} of the registry have no effect: {error}");
        }
    }
    Ok(JsonResponse(TakenEvents { taken, ignored: events.len() - taken + unreadable }))
}

/// Whether it is trouble that passes, or that an operator ends.
const fn is_ours(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Busy
            | StoreError::Unavailable(_)
            | StoreError::InDoubt(_)
            | StoreError::SchemaTooNew { .. }
            | StoreError::SchemaUnreleased
    )
}

/// Gives the notifications their effects, and tells administrators whose namespaces reach a limit of their quota by them.
fn apply(cx: &Context<'_, Public>, known: &[RegistryEvent<'_>]) -> Result<(), StoreError> {
    if known.is_empty() {
        return Ok(());
    }
    let (services, quotas) = (cx.services(), Quotas::of(cx.services()));
    let left_out = transaction(cx.db(), |tx| -> Result<i64, StoreError> {
        let before = if quotas.are_managed() { events::fill(tx, known)? } else { Vec::new() };
        events::apply(tx, known, services.now())?;
        let after = events::fill(tx, known)?;
        let crossed = crossed(quotas, &before, &after);
        if !crossed.is_empty() {
            notifications::tell_administrators(tx, &crossed, services.now())?;
        }
        Ok(after.iter().map(|fill| fill.left_out).sum())
    })?;
    if left_out > 0 {
        eprintln!(
            "warning: {left_out} manifests or tags that the registry tells of are not known: there are as many already as \
            the limits say, or they were deleted since"
        );
    }
    Ok(())
}

/// The namespaces that have reached another, higher limit, and what their administrators are told.
fn crossed(quotas: Quotas, before: &[Fill], after: &[Fill]) -> Vec<(i64, NotificationKind)> {
    let reached = |fill: &Fill| quotas.reached(fill.quota.as_ref(), fill.stored_bytes);
    let higher = |(before, after): (&Fill, &Fill)| {
        let ReachedLimit { kind, bytes } = reached(after)?;
        let is_higher = reached(before).is_none_or(|former| former.bytes < bytes);
        let kind = match kind {
            QuotaLimitKind::Warning => NotificationKind::QuotaWarning,
            QuotaLimitKind::Reject => NotificationKind::QuotaError,
        };
        is_higher.then_some((after.id, kind))
    };
    before.iter().zip(after).filter_map(higher).collect()
}
