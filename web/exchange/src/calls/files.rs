//! Files of a letter and of an answer.

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::undone;
use crate::Exchange;
use crate::Route;
use crate::access::case_id;
use crate::case::attachments::{Taken, drop_file, found, take};
use kit::error::{Most, Refusal};
use kit::http::call::{Body, Large, PathOf};
use kit::http::{
    Access, Answer, Caller, Done, ErrorBody, FILE_LIMIT, Method, Reason, Scope, call, json, refused,
};

/// A file to be attached, of at most 4 MiB.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFile {
    /// Its name. The ending becomes that of what it is.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Its bytes, base64. PDF, Office without macros, PNG, JPEG or text: by content, not by name.
    #[schema(content_encoding = "base64")]
    content: String,
}

/// A file with its bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileContent {
    /// Its name.
    name: String,
    /// What it is.
    kind: String,
    /// Its bytes, base64.
    content: String,
}

/// Attaches a file to the own answer, while it can be changed.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/files",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = NewFile,
    responses(
        (status = 200, description = "Attached", body = Done),
        (status = 422, description = "Not taken", body = ErrorBody),
    ),
)]
pub(crate) async fn attach(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Large(new): Large<NewFile>,
) -> Answer {
    if caller.actor.body == people::MINISTRY {
        return Err(Refusal::NotFound);
    }
    attached(&app, &caller, &id, new).await
}

/// Attaches a file to the letter, while it is a draft.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/letter/files",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = NewFile,
    responses(
        (status = 200, description = "Attached", body = Done),
        (status = 422, description = "Not taken", body = ErrorBody),
    ),
)]
pub(crate) async fn attach_to_letter(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Large(new): Large<NewFile>,
) -> Answer {
    if caller.actor.body != people::MINISTRY {
        return Err(Refusal::NotFound);
    }
    attached(&app, &caller, &id, new).await
}

async fn attached(app: &Exchange, caller: &Caller, id: &str, new: NewFile) -> Answer {
    let bytes =
        STANDARD.decode(new.content.as_bytes()).map_err(|_| Refusal::Malformed("content"))?;
    if bytes.len() > FILE_LIMIT {
        return Err(Refusal::TooLarge(Most::Bytes(FILE_LIMIT)));
    }
    match take(app, &caller.actor, case_id(id)?, &new.name, &bytes).await {
        Ok(Taken::Yes) => json(&Done::yes()),
        Ok(Taken::UnknownKind) => {
            Ok(refused(vec![Reason::new("unknown_kind", "この種類のファイルは添付できません。")]))
        }
        Err(why) => undone(why, None),
    }
}

/// A file of the letter, or of an answer the caller may see.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/files/{file}",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("file" = String, Path, description = "Identity of the file"),
    ),
    responses((status = 200, description = "The file", body = FileContent)),
)]
pub(crate) async fn file(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, file)): PathOf<(String, String)>,
) -> Answer {
    let (row, bytes) = found(&app, &caller.actor, &id, &file).await?;
    json(&FileContent { name: row.name, kind: row.kind, content: STANDARD.encode(bytes) })
}

/// A file is named in the path; there is nothing more to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {}

/// Takes a file away from the own answer, while it can be changed.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/files/{file}/remove",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("file" = String, Path, description = "Identity of the file"),
    ),
    request_body = Removal,
    responses(
        (status = 200, description = "Taken away", body = Done),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn remove(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, file)): PathOf<(String, String)>,
    Body(Removal {}): Body<Removal>,
) -> Answer {
    removed(&app, &caller, &id, &file, false).await
}

/// Takes a file away from the letter, while it is a draft.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/letter/files/{file}/remove",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("file" = String, Path, description = "Identity of the file"),
    ),
    request_body = Removal,
    responses(
        (status = 200, description = "Taken away", body = Done),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn remove_from_letter(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, file)): PathOf<(String, String)>,
    Body(Removal {}): Body<Removal>,
) -> Answer {
    removed(&app, &caller, &id, &file, true).await
}

async fn removed(app: &Exchange, caller: &Caller, id: &str, file: &str, ministry: bool) -> Answer {
    if (caller.actor.body == people::MINISTRY) != ministry {
        return Err(Refusal::NotFound);
    }
    match drop_file(app, &caller.actor, id, file).await {
        Ok(()) => json(&Done::yes()),
        Err(why) => undone(why, None),
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/files",
            Access::Api(Scope::ExchangeAnswer),
            attach,
        ),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/letter/files",
            Access::Api(Scope::ExchangeRun),
            attach_to_letter,
        ),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/files/{file}/remove",
            Access::Api(Scope::ExchangeAnswer),
            remove,
        ),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/letter/files/{file}/remove",
            Access::Api(Scope::ExchangeRun),
            remove_from_letter,
        ),
        call(
            Method::Get,
            "/api/v1/exchange/cases/{id}/files/{file}",
            Access::Api(Scope::ExchangeRead),
            file,
        ),
    ]
}
