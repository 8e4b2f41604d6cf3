//! Things that were lent: the register of IT (`/admin/loans`), and one's own with the report of a
//! loss (`/telework/things`).

mod lose;
mod register;
#[cfg(test)]
pub(super) mod tests;

use people::{BodyCode, StaffId};
use store::Conn;
use store::telework::{Paper, PaperKind};
use telework::papers::{Item, Loan};

use super::hex16;
use crate::Route;
use kit::error::Refusal;
use kit::http::Lang;

pub(super) use lose::own;
pub(crate) use lose::{Said, lose};
pub(super) use register::Row;
pub(crate) use register::{Entered, Linked, change_loan, lend_now, shown, take_back};

const ITEMS: [Item; 4] = [Item::Pc, Item::Filter, Item::Sim, Item::Other];

fn item(lang: Lang, item: Item) -> &'static str {
    match item {
        Item::Pc => lang.t("パソコン", "PC"),
        Item::Filter => lang.t("プライバシーフィルター", "Privacy filter"),
        Item::Sim => lang.t("SIM・モバイルルーター", "SIM or router"),
        Item::Other => lang.t("その他", "Other"),
    }
}

pub(crate) fn item_key(item: Item) -> &'static str {
    match item {
        Item::Pc => "pc",
        Item::Filter => "filter",
        Item::Sim => "sim",
        Item::Other => "other",
    }
}

/// One loan of the body; of one person where it is hers to see alone.
pub(crate) async fn find(
    conn: &mut Conn,
    body: BodyCode,
    id: &str,
    owner: Option<StaffId>,
) -> Result<Paper<Loan>, Refusal> {
    let found =
        store::telework::find_paper::<Loan>(conn, body, PaperKind::Loan, hex16(id)?).await?;
    found
        .filter(|paper| owner.is_none_or(|owner| paper.value.staff == owner))
        .ok_or(Refusal::NotFound)
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = register::routes();
    all.extend(lose::routes());
    all
}
