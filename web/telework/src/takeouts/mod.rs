//! Taking information out of the office (情報資産の持ち出し): asked for, permitted by the superior,
//! back and seen to be back.

mod ask;
mod decide;
#[cfg(test)]
mod tests;

use telework::papers::{Takeout, TakeoutFault, TakeoutState};

use crate::Route;
use kit::http::Lang;

pub(crate) use ask::{Wanted, ask_now, bring_back};
pub(crate) use decide::{decide_now, led};

fn state(lang: Lang, takeout: &Takeout, today: jiff::civil::Date) -> (&'static str, &'static str) {
    match &takeout.state {
        TakeoutState::Requested => (lang.t("申請中", "Waiting"), "warn"),
        // Permitted is not out yet.
        TakeoutState::Permitted { .. } if today < takeout.from => {
            (lang.t("許可済み", "Permitted"), "good")
        }
        TakeoutState::Permitted { .. } => (lang.t("持ち出し中", "Out"), "good"),
        TakeoutState::Refused { .. } => (lang.t("不許可", "Refused"), "bad"),
        TakeoutState::Returned { .. } => (lang.t("返却の確認待ち", "Return to be checked"), "warn"),
        TakeoutState::Settled { .. } => (lang.t("返却確認済み", "Back"), "off"),
    }
}

fn fault(lang: Lang, fault: TakeoutFault) -> &'static str {
    match fault {
        TakeoutFault::MyNumber => lang.t(
            "特定個人情報（マイナンバーを含む情報）は持ち出せません。",
            "What holds a My Number never leaves.",
        ),
        TakeoutFault::Empty => lang.t("内容と理由を書いてください。", "Please say what and why."),
        TakeoutFault::Period => {
            lang.t("期間は31日以内で入れてください。", "The period is at most 31 days.")
        }
        TakeoutFault::State => lang.t("すでに処理されています。", "It was dealt with already."),
        TakeoutFault::Own => {
            lang.t("自分の申請は決裁できません。", "Nobody decides their own request.")
        }
    }
}

/// A request in words.
struct Row {
    id: String,
    who: String,
    what: String,
    why: String,
    period: String,
    personal: bool,
    state: &'static str,
    class: &'static str,
    refused: String,
    overdue: bool,
    requested: bool,
    permitted: bool,
    own: bool,
}

fn row(
    lang: Lang,
    id: [u8; 16],
    takeout: &Takeout,
    who: String,
    own: bool,
    today: jiff::civil::Date,
) -> Row {
    let (state, class) = state(lang, takeout, today);
    Row {
        id: super::hex(id),
        who,
        what: takeout.what.clone(),
        why: takeout.why.clone(),
        period: format!(
            "{} 〜 {}",
            super::words::day(lang, takeout.from),
            super::words::day(lang, takeout.until)
        ),
        personal: takeout.personal,
        state,
        class,
        refused: match &takeout.state {
            TakeoutState::Refused { why, .. } => why.clone(),
            _ => String::new(),
        },
        overdue: takeout.is_overdue(today),
        requested: takeout.state == TakeoutState::Requested,
        permitted: matches!(takeout.state, TakeoutState::Permitted { .. }),
        own,
    }
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = ask::routes();
    all.extend(decide::routes());
    all
}
