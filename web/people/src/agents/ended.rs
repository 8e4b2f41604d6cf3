//! How a session ended, or why it was refused, in words.

use kit::Lang;
use pairing::control::{EndReason, Refusal};
use serde::de::DeserializeOwned;
use store::sessions::Session;

/// The words for a session that is over.
#[must_use]
pub fn words(lang: Lang, session: &Session) -> &'static str {
    if session.started > 0 {
        end(lang, known(&session.reason).unwrap_or(EndReason::Other))
    } else {
        refusal(lang, known(&session.reason).unwrap_or(Refusal::Other))
    }
}

/// The value of a word of the conversation.
fn known<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(word)).ok()
}

fn end(lang: Lang, reason: EndReason) -> &'static str {
    match reason {
        EndReason::Idle => lang.t("無操作のため切断", "Cut when idle"),
        EndReason::PeriodOver => lang.t("使える時間の終わり", "Permitted time over"),
        EndReason::Revoked => lang.t("許可または端末の取消し", "Permission or device revoked"),
        EndReason::Administrator => lang.t("管理者が終了", "Ended by an administrator"),
        EndReason::TakenOver => lang.t("本人が別の画面で開いた", "Opened in another window"),
        EndReason::DesktopRefused => lang.t("PCが応じなくなった", "The PC refused or went away"),
        EndReason::AgentStopping => lang.t("庁内の装置の停止", "The agent stopped"),
        EndReason::PeerMisbehaved => lang.t("正しくない通信のため切断", "Cut for invalid data"),
        EndReason::Viewer => lang.t("本人が切断", "Ended by the person"),
        EndReason::LineLost => lang.t("回線断", "Line lost"),
        EndReason::Other => lang.t("その他", "Other"),
    }
}

fn refusal(lang: Lang, reason: Refusal) -> &'static str {
    match reason {
        Refusal::BadGrant => lang.t("許可証の不備のため断った", "Refused: not a valid grant"),
        Refusal::NotYet => {
            lang.t("期間の前のため断った（装置の時計）", "Refused: not yet, by the agent's clock")
        }
        Refusal::Expired => {
            lang.t("期限切れのため断った（装置の時計）", "Refused: expired, by the agent's clock")
        }
        Refusal::Replayed => lang.t("使用済みの許可証のため断った", "Refused: used before"),
        Refusal::UnknownDevice => lang.t("登録のない端末のため断った", "Refused: unknown device"),
        Refusal::Handshake => {
            lang.t("端末を確かめられず断った", "Refused: the device was not proved")
        }
        Refusal::UnknownInvite => lang.t("登録票がないため断った", "Refused: no such slip"),
        Refusal::WrongUser => {
            lang.t("ほかの人の登録票のため断った", "Refused: another person's slip")
        }
        Refusal::Exhausted => {
            lang.t("登録票の回数超過のため断った", "Refused: the slip was tried too often")
        }
        Refusal::TargetDown => lang.t("PCが応答せず、つながらなかった", "The PC did not answer"),
        Refusal::Busy => lang.t("装置が満員のため断った", "Refused: the agent had no room"),
        Refusal::InUse => lang.t("使用中のため断った", "Refused: another person was on the PC"),
        Refusal::NoRelay => lang.t("中継に届かず、つながらなかった", "The relay was not reached"),
        Refusal::ForeignRelay => {
            lang.t("未登録の中継のため断った", "Refused: not a relay of the list")
        }
        Refusal::Other => lang.t("その他の理由で断った", "Refused for another reason"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_conversation_has_words_and_no_other_is_shown_as_it_is() {
        let ends = [
            "idle",
            "period_over",
            "revoked",
            "administrator",
            "taken_over",
            "desktop_refused",
            "agent_stopping",
            "peer_misbehaved",
            "viewer",
            "line_lost",
        ];
        let refusals = [
            "bad_grant",
            "not_yet",
            "expired",
            "replayed",
            "unknown_device",
            "handshake",
            "unknown_invite",
            "wrong_user",
            "exhausted",
            "target_down",
            "busy",
            "in_use",
            "no_relay",
            "foreign_relay",
        ];
        for word in ends {
            assert!(known::<EndReason>(word).is_some_and(|one| one != EndReason::Other), "{word}");
        }
        for word in refusals {
            assert!(known::<Refusal>(word).is_some_and(|one| one != Refusal::Other), "{word}");
        }
        assert_eq!(known::<EndReason>("viewer").map(|one| end(Lang::Ja, one)), Some("本人が切断"));
        assert_eq!(
            known::<Refusal>("in_use").map(|one| refusal(Lang::Ja, one)),
            Some("使用中のため断った")
        );
        assert_eq!(known::<EndReason>("a newer word"), Some(EndReason::Other));
    }
}
