//! Things that were lent: the register of IT (`/admin/loans`), and one's own with the report of a
//! loss (`/telework/things`).

mod act;
pub(crate) mod call;
mod lose;
mod register;
#[cfg(test)]
pub(super) mod tests;

use people::{BodyCode, StaffId};
use store::Conn;
use store::telework::{Paper, PaperKind};
use telework::papers::{Item, Loan};

use crate::Route;
use kit::error::Refusal;
use kit::http::Lang;

use act::{Change, Lending, Loss, change_loan, lend_now, lose, take_back, unlent};
pub(super) use lose::{Own, own};
use register::shown;

fn item(lang: Lang, item: Item) -> &'static str {
    match item {
        Item::Pc => lang.t("パソコン", "PC"),
        Item::Filter => lang.t("プライバシーフィルター", "Privacy filter"),
        Item::Sim => lang.t("SIM・モバイルルーター", "SIM or router"),
        Item::Other => lang.t("その他", "Other"),
    }
}

/// One loan of the body; of one person where it is hers to see alone.
async fn find(
    conn: &mut Conn,
    body: BodyCode,
    id: [u8; 16],
    owner: Option<StaffId>,
) -> Result<Paper<Loan>, Refusal> {
    let found = store::telework::find_paper::<Loan>(conn, body, PaperKind::Loan, id).await?;
    found
        .filter(|paper| owner.is_none_or(|owner| paper.value.staff == owner))
        .ok_or(Refusal::NotFound)
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = register::routes();
    all.extend(lose::routes());
    all
}
