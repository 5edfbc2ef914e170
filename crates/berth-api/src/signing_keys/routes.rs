//! The rows of this resource.

use berth_access::{Public, Superuser, SuperuserView};
use berth_domain::settings::Settings;
use berth_domain::{LogKind, settings};
use berth_web::{Logs, Route, WithBody, WithPath, WithoutBody};

use super::handlers;

/// By what the path of a public key names us.
const ISSUER: Settings = &[&settings::REGISTRY_TOKEN_ISSUER];

/// Public keys are published to whoever asks. Where there is none yet, it is made, in a read-only registry too: it may be asked for
/// before anybody wants a token.
const FIRST_KEY: Logs = Logs::Nothing("the first key is made for whoever comes first");

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/keys/services/:service/keys",
        "listPublicKeys",
        &WithPath::<Public, _, _>(handlers::list_public),
    )
    .changes(FIRST_KEY)
    .works_read_only()
    .settings(&[ISSUER])
    .open(),
    Route::get(
        "/keys/services/:service/keys/:kid",
        "getPublicKey",
        &WithPath::<Public, _, _>(handlers::get_public),
    )
    .changes(FIRST_KEY)
    .works_read_only()
    .settings(&[ISSUER])
    .open(),
    Route::get(
        "/registry/certificates.pem",
        "getRegistryCertificates",
        &WithoutBody::<Public, _>(handlers::certificates),
    )
    .changes(FIRST_KEY)
    .works_read_only()
    .open(),
    Route::get(
        "/registry/keys",
        "listSigningKeys",
        &WithoutBody::<SuperuserView, _>(handlers::list),
    )
    .superuser(),
    Route::post(
        "/registry/keys",
        "createSigningKey",
        &WithBody::<Superuser, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::ServiceKeyCreate]),
    )
    .settings(&[ISSUER])
    .superuser(),
];
