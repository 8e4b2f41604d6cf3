//! `/api/openapi.json`: what the API takes and answers, from the code itself.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::{caller, exchange, inventory, judging, months, stock, telework, works};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Noren",
        description = "What the pages do, for other programs. Every call needs a bearer token of the body with the scope named; it acts with the rights of the person the token was made for, as they are at that moment. What the caller may not see is not there (404).",
    ),
    paths(
        caller::token,
        telework::rules,
        telework::requests,
        telework::ask,
        telework::cancel,
        telework::waiting,
        telework::decide,
        telework::reported,
        telework::mark,
        telework::report,
        telework::own::copy,
        telework::own::resubmit,
        telework::own::end,
        telework::own::registration,
        telework::own::register,
        telework::own::feeds,
        telework::own::feed,
        telework::own::unfeed,
        telework::own::paper,
        telework::month::own,
        telework::month::of_person,
        telework::month::differences,
        telework::month::reason,
        telework::month::reason_for,
        telework::team::team,
        telework::takeouts::own,
        telework::takeouts::list,
        telework::takeouts::ask,
        telework::takeouts::give_back,
        telework::takeouts::decide,
        telework::loans::list,
        telework::loans::show,
        telework::loans::own,
        telework::loans::lend,
        telework::loans::change,
        telework::loans::give_back,
        telework::loans::lost,
        telework::loans::own_lost,
        telework::settings::show,
        telework::settings::change,
        telework::settings::emergencies,
        telework::settings::order,
        telework::settings::lift,
        telework::persons::list,
        telework::persons::show,
        telework::persons::change,
        telework::persons::leave,
        telework::persons::unleave,
        telework::persons::ask_for,
        telework::allowance::list,
        telework::allowance::fix,
        telework::allowance::withdraw,
        telework::exports::declared,
        telework::exports::declare,
        telework::exports::payroll,
        telework::exports::attendance,
        telework::exports::overtime,
        telework::exports::year,
        inventory::work,
        inventory::unlink,
        inventory::import,
        inventory::marked,
        inventory::template,
        inventory::export,
        judging::rules,
        judging::add_rule,
        judging::change_rule,
        judging::drop_rule,
        judging::shipped_rules,
        inventory::hours,
        inventory::able,
        works::works,
        works::survey,
        works::answer,
        works::settle,
        months::month,
        months::close,
        months::reopen,
        stock::add,
        stock::change,
        stock::remove,
        stock::decide,
        stock::link,
        exchange::cases,
        exchange::case,
        exchange::form,
        exchange::ask,
        exchange::receipt,
        exchange::answer,
        exchange::draft,
        exchange::save,
        exchange::proxy,
        exchange::parts,
        exchange::part_given,
        exchange::receive,
        exchange::ask_approval,
        exchange::approval,
        exchange::submit,
        exchange::correct,
        exchange::extend,
        exchange::body,
        exchange::review,
        exchange::query,
        exchange::board,
        exchange::review_many,
        exchange::confirm_many,
        exchange::begin,
        exchange::write,
        exchange::answer_question,
        exchange::stage,
        exchange::attach,
        exchange::attach_to_letter,
        exchange::file,
        exchange::tables,
        exchange::remove,
        exchange::versions,
        exchange::remove_from_letter,
        exchange::tables_file,
        exchange::workbook,
        exchange::take_workbook,
        exchange::consolidated,
        exchange::import,
        exchange::take_in,
        exchange::import_state,
        exchange::import_marked,
        exchange::forms,
        exchange::form_file,
        exchange::check_form,
        exchange::add_form,
        exchange::lineage,
        exchange::change_lineage,
        exchange::undo_lineage,
        exchange::newcomers,
        exchange::add_newcomer,
        exchange::remove_newcomer,
        exchange::desks,
        exchange::set_desks,
        exchange::servers,
        exchange::add_server,
        exchange::write_bundle,
        exchange::read_bundle,
    ),
    components(schemas(super::ErrorBody)),
    modifiers(&Common)
)]
struct Api;

/// What is the same for every call.
struct Common;

/// Refusals that any call may answer.
const ANY: &[(&str, &str)] = &[
    ("400", "The request is not what the call takes"),
    ("401", "No valid token"),
    ("403", "The token lacks the scope"),
    ("404", "Not there, or not for the caller"),
    ("409", "Changed by somebody else meanwhile"),
    ("413", "Too large"),
    ("429", "Too many calls; Retry-After says when to come again"),
    ("503", "Not possible for now"),
];

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A token made under 管理 > APIトークン")).build();
        document.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(scheme));
        for (path, item) in &mut document.paths.paths {
            let name = path.trim_start_matches("/api/v1/").replace(['/', '-'], "_").replace(['{', '}'], "");
            for (method, operation) in [("get", &mut item.get), ("post", &mut item.post)] {
                let Some(operation) = operation else { continue };
                // Functions of different files have one name; calls have their own.
                operation.operation_id = Some(format!("{method}_{name}"));
                for (status, text) in ANY {
                    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
                    let response = ResponseBuilder::new().description(*text).content("application/json", body).build();
                    operation.responses.responses.entry((*status).to_owned()).or_insert(RefOr::T(response));
                }
            }
        }
    }
}

/// The document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// It is the same for as long as the program runs, and anybody may ask for it.
static TEXT: LazyLock<Bytes> = LazyLock::new(|| document().to_json().unwrap_or_default().into());

pub(super) async fn show() -> Response {
    let text = TEXT.clone();
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}
