//! Exports that somebody asks for (`POST …/exportlogs`): a link to the entries of a range leaves, by mail or to an address that the
//! caller names. The link says all that there is to know, sealed, and is good for a day; nothing is stored.

use berth_access::{Grant, OrganizationAdminView, OwnNamespaceView, Public, RepositoryAdminView};
use berth_domain::destination::{Destinations, host_of_url};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::Purpose;
use berth_domain::{EmailAddress, Namespace, Timestamp, settings};
use berth_store::logs::{self, ReadsLog};
use berth_store::transaction;
use berth_web::outbound::callback::Destination;
use berth_web::{
    ApiError, Context, HandlerResult, JsonLines, JsonResponse, Method, ResponseExt as _, Services,
    WithHeaders, WithQuery, header,
};
use serde::{Deserialize, Serialize};

use super::bodies::{CountsQuery, DAY_S, ExportRequest, LinkQuery};
use super::export::Export;
use super::views::{ExportNotice, ExportStarted};
use crate::mails::outbox::{Link, Mail, MailSender, SealedMail};

/// A permission to have the log of something exported.
pub(crate) trait ExportsLog: ReadsLog {
    /// The namespace whose log it is, and the repository, if it is that of one.
    ///
    /// # Errors
    /// 404 when there is none.
    fn subject(grant: &Grant<Self>) -> Result<(&Namespace, Option<&str>), ApiError>;
}

impl ExportsLog for OrganizationAdminView {
    fn subject(grant: &Grant<Self>) -> Result<(&Namespace, Option<&str>), ApiError> {
        Ok((grant.organization(), None))
    }
}

impl ExportsLog for OwnNamespaceView {
    fn subject(grant: &Grant<Self>) -> Result<(&Namespace, Option<&str>), ApiError> {
        Ok((grant.namespace().ok_or_else(ApiError::not_found)?, None))
    }
}

impl ExportsLog for RepositoryAdminView {
    fn subject(grant: &Grant<Self>) -> Result<(&Namespace, Option<&str>), ApiError> {
        let (namespace, repository) = grant.repository()?;
        Ok((namespace, Some(&repository.name)))
    }
}

/// What a link says.
#[derive(Serialize, Deserialize)]
struct ExportLink {
    id: String,
    export: Export,
    expires_at_us: i64,
}

/// `POST …/exportlogs`.
pub(crate) fn ask<P: ExportsLog>(
    cx: &Context<'_, P>,
    WithQuery(range, request): WithQuery<CountsQuery, ExportRequest>,
) -> HandlerResult<JsonResponse<ExportStarted>> {
    let services = cx.services();
    let (namespace, repository) = P::subject(&cx.grant)?;
    let filter = P::filter(&cx.grant).ok_or_else(ApiError::not_found)?;
    let query = range.checked(services.now())?;
    let url = request.callback_url.as_deref().filter(|url| !url.is_empty());
    let email = request.callback_email.as_deref().filter(|email| !email.is_empty());
    if url.is_none() && email.is_none() {
        return Err(ApiError::invalid_request("callback_url or callback_email must be given"));
    }
    let destination = url.map(|url| admitted(services, url)).transpose()?;
    let export_id = services.random().uuid();
    let export = Export::new(filter, query, None, services.now());
    let link = sealed_link(services, &export_id, export)?;
    let mail = email.map(|email| mail(services, email, &namespace.name, &link)).transpose()?;
    let event = LogEvent::ExportLogsSuccess { repo: repository, export_id: &export_id, url, email };
    let sender = MailSender::of(cx);
    transaction(cx.db(), |tx| {
        if !logs::is_there(tx, filter)? {
            return Err(ApiError::not_found());
        }
        cx.log(tx, namespace.id, &event)?;
        match &mail {
            Some(mail) if mail.enqueue_for(tx, namespace.id, &sender)?.is_none() => {
                Err(mail.refusal(tx, namespace.id, &sender)?)
            }
            _ => Ok(()),
        }
    })?;
    if let Some(destination) = destination {
        let notice = ExportNotice {
            export_id: &export_id,
            start_time: query.start.to_us_date(),
            end_time: query.end.plus_seconds(-DAY_S).to_us_date(),
            namespace: &namespace.name,
            repository,
            exported_data_url: &link,
            status: "success",
        };
        notify_later(services, destination, &notice)?;
    }
    Ok(JsonResponse(ExportStarted { export_id }))
}

/// `GET /exportedlogs`: whoever has the link may read what it leads to, for a day.
pub(crate) fn open(
    cx: &Context<'_, Public>,
    query: LinkQuery,
) -> HandlerResult<WithHeaders<JsonLines>> {
    let services = cx.services();
    let link = opened_link(services, &query.code)?.ok_or_else(ApiError::plain_not_found)?;
    let name = format!("attachment; filename=\"{}.ndjson\"", link.id);
    let lines = link.export.answer(services, cx.request().method() == Method::HEAD)?;
    Ok(WithHeaders::new(lines, |lines| lines.with_header(header::CONTENT_DISPOSITION, name)))
}

fn sealed_link(services: &Services<'_>, id: &str, export: Export) -> Result<String, ApiError> {
    let expires_at_us = services.now().plus_seconds(DAY_S).as_micros();
    let link = ExportLink { id: id.to_owned(), export, expires_at_us };
    let code = services.seal_token(Purpose::LogExport, &link)?;
    Ok(format!("{}/exportedlogs?code={code}", services.base_url()))
}

/// What a link says; none when it was altered or has had its time.
fn opened_link(services: &Services<'_>, code: &str) -> Result<Option<ExportLink>, ApiError> {
    let link: Option<ExportLink> = services.open_token(Purpose::LogExport, code)?;
    Ok(link.filter(|link| services.now() < Timestamp::from_micros(link.expires_at_us)))
}

fn mail<'a>(
    services: &'a Services<'a>,
    to: &str,
    namespace: &str,
    link: &str,
) -> Result<SealedMail<'a>, ApiError> {
    if !services.setting(&settings::FEATURE_MAILING) {
        return Err(ApiError::invalid_request("Mail is off here"));
    }
    if EmailAddress::try_from(to).is_err() {
        return Err(ApiError::invalid_request("Invalid callback e-mail"));
    }
    let registry = services.setting(&settings::REGISTRY_TITLE);
    let mail = Mail {
        to,
        subject: format!("Export of the log of {namespace} for {registry}"),
        paragraphs: vec![format!(
            "The log of {namespace} that you asked {registry} for is ready. The link below works for a day."
        )],
        link: Link { label: "Download the log", url: link.to_owned() },
    };
    mail.seal(services)
}

/// The address, if it may be called: as upstream registries.
fn admitted(services: &Services<'_>, url: &str) -> Result<Destination, ApiError> {
    if services.callback().is_none() {
        return Err(ApiError::invalid_request(
            "callback_url cannot be called for a repository: give callback_email, or export the log of its namespace",
        ));
    }
    let host = host_of_url(url).ok_or_else(|| ApiError::invalid_request("Invalid callback URL"))?;
    let destination = Destination {
        url: url.to_owned(),
        allowed: services.setting(&settings::SSRF_ALLOWED_HOSTS),
        without_look_up: services.setting(&settings::UPSTREAM_REGISTRIES),
        host_blocks: services.setting(&settings::HOST_BLOCKS_PRIVATE_NETWORKS),
    };
    let destinations = Destinations::allowing(&destination.allowed)
        .without_look_up(&destination.without_look_up)
        .behind_host(destination.host_blocks);
    let registry = services.registry()?;
    let admitted = destinations.admit(&host, |name| registry.resolve(name));
    admitted.map_err(|_| ApiError::invalid_request("The callback URL is not allowed"))?;
    Ok(destination)
}

/// Tells the address once the request is answered: nobody waits for it.
fn notify_later(
    services: &Services<'_>,
    destination: Destination,
    notice: &ExportNotice<'_>,
) -> Result<(), ApiError> {
    let body = serde_json::to_string(notice)
        .map_err(|error| ApiError::Internal(format!("a notice cannot be written: {error}")))?;
    services.defer(move |services| {
        let Some(callback) = services.callback() else { return Ok(()) };
        match callback.post(&destination, &body) {
            Ok(200..=299) => Ok(()),
            Ok(status) => Err(format!("it answered {status}")),
            Err(cause) => Err(cause),
        }
        .map_err(|cause| ApiError::Internal(format!("nobody is told of an export: {cause}")))
    });
    Ok(())
}
