//! Words and codes for taking information out.

use jiff::civil::Date;
use telework::papers::{Takeout, TakeoutAction, TakeoutFault, TakeoutState};
use telework::request::Denied;

use super::{Undecided, Unread};
use crate::words;
use kit::http::{Lang, Reason};

pub(super) fn state(lang: Lang, takeout: &Takeout, today: Date) -> (&'static str, &'static str) {
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

/// The state for programs.
pub(super) fn state_key(state: &TakeoutState) -> &'static str {
    match state {
        TakeoutState::Requested => "requested",
        TakeoutState::Permitted { .. } => "permitted",
        TakeoutState::Refused { .. } => "refused",
        TakeoutState::Returned { .. } => "returned",
        TakeoutState::Settled { .. } => "settled",
    }
}

/// Why nothing was asked for.
pub(super) fn unasked(lang: Lang, fault: Unread) -> Reason {
    match fault {
        Unread::Period => fault_of(lang, TakeoutFault::Period),
        Unread::Fault(found) => fault_of(lang, found),
    }
}

/// Why nothing was decided.
pub(super) fn undecided(lang: Lang, fault: &Undecided) -> Reason {
    match fault {
        Undecided::Fault(found) => fault_of(lang, *found),
        Undecided::Deputy(Denied::NoSuperior) => Reason::new("no_superior", lang.t(
            "所属長が決まっていないため、代理は決裁できません。人事担当が所属長を決めると、決裁できるようになります。",
            "The division has no superior, so its deputy decides nothing. HR names a superior \
             first.",
        )),
        Undecided::Deputy(_) => Reason::new("superior_there", lang.t(
            "所属長が在席しているため、代理は決裁できません。所属長の休暇・休職の間か、所属長が引き継ぎを設定した日に決裁できます。",
            "The superior is there. A deputy decides while the superior is on leave, or on days \
             handed over.",
        )),
    }
}

fn fault_of(lang: Lang, fault: TakeoutFault) -> Reason {
    let (code, words) = match fault {
        TakeoutFault::MyNumber => (
            "my_number",
            lang.t(
                "特定個人情報（マイナンバーを含む情報）は持ち出せません。",
                "What holds a My Number never leaves.",
            ),
        ),
        TakeoutFault::Empty => {
            ("text_needed", lang.t("内容と理由を書いてください。", "Please say what and why."))
        }
        TakeoutFault::Period => {
            ("period", lang.t("期間は31日以内で入れてください。", "The period is at most 31 days."))
        }
        TakeoutFault::State => {
            ("wrong_state", lang.t("すでに処理されています。", "It was dealt with already."))
        }
        TakeoutFault::Own => (
            "own_request",
            lang.t("自分の申請は決裁できません。", "Nobody decides their own request."),
        ),
        TakeoutFault::WrongPermit => {
            ("wrong_permit", lang.t("この操作はできません。", "Not permitted."))
        }
    };
    Reason::new(code, words)
}

/// A request in words, with what the reader can do with it.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) who: String,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) period: String,
    pub(super) personal: bool,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) refused: String,
    pub(super) overdue: bool,
    pub(super) own: bool,
    /// 許可, and 不許可 beside it.
    pub(super) permit: bool,
    pub(super) give_back: bool,
    pub(super) settle: bool,
}

pub(super) fn row(
    lang: Lang,
    id: [u8; 16],
    takeout: &Takeout,
    (who, own): (String, bool),
    possible: &[TakeoutAction],
    today: Date,
) -> Row {
    let (state, class) = state(lang, takeout, today);
    Row {
        id: crate::hex(id),
        who,
        what: takeout.what.clone(),
        why: takeout.why.clone(),
        period: format!(
            "{} 〜 {}",
            words::day(lang, takeout.from),
            words::day(lang, takeout.until)
        ),
        personal: takeout.personal,
        state,
        class,
        refused: match &takeout.state {
            TakeoutState::Refused { why, .. } => why.clone(),
            _ => String::new(),
        },
        overdue: takeout.is_overdue(today),
        own,
        permit: possible.contains(&TakeoutAction::Refuse),
        give_back: possible.contains(&TakeoutAction::Return),
        settle: possible.contains(&TakeoutAction::Settle),
    }
}
