//! The numbered list of what can happen. A number is never used again for something else.

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Kind(u16);

macro_rules! kinds {
    ($($number:literal $constant:ident $name:literal $ja:literal $en:literal;)*) => {
        impl Kind {
            $(#[doc = concat!($en, " (", $name, ").")] pub const $constant: Self = Self($number);)*
            /// Every kind this version knows, by number.
            pub const ALL: &'static [Self] = &[$(Self($number)),*];

            /// Stable name for programs: `family.act`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self.0 { $($number => $name,)* _ => "unknown" }
            }

            /// For Japanese readers.
            #[must_use]
            pub fn ja(self) -> &'static str {
                match self.0 { $($number => $ja,)* _ => "不明な記録" }
            }

            /// For English readers.
            #[must_use]
            pub fn en(self) -> &'static str {
                match self.0 { $($number => $en,)* _ => "Unknown record" }
            }
        }
    };
}

impl Kind {
    /// The number in the hashed bytes.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// From a stored number. One this version does not know (written by a newer one) is kept and
    /// shown as unknown, so that its chain still verifies.
    #[must_use]
    pub const fn from_number(number: u16) -> Self {
        Self(number)
    }

    /// From a stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

// One line a kind: number, constant, name, Japanese, English. Families by hundreds; append inside
// the family.
kinds! {
    // 1xx the server and sign-in
    101 SERVER_STARTED "server.started" "サーバーが起動した" "The server started";
    102 SERVER_SET_UP "server.set_up" "初期設定が完了した" "Set-up was completed";
    103 SERVER_SEEDED "server.seeded" "初期データが投入された" "The server was seeded";
    110 SIGNED_IN "sign_in.succeeded" "サインインした" "Signed in";
    111 SIGN_IN_FAILED "sign_in.failed" "サインインに失敗した" "A sign-in failed";
    112 LOCKED_OUT "sign_in.locked_out" "失敗が続いたためロックした" "Locked out after failures";
    113 SIGNED_OUT "sign_in.ended" "サインアウトした" "Signed out";
    114 SIGN_INS_ENDED "sign_in.all_ended" "サインイン状態をすべて終了した" "All sign-ins were ended";
    115 UNLOCKED "sign_in.unlocked" "ロックを解除した" "A lock-out was lifted";
    116 SIGN_IN_ENDED "sign_in.one_ended" "サインインを1件終了した" "One sign-in was ended";
    117 PROVED "sign_in.proved" "本人確認をした" "A person proved the factors again";
    118 PROOF_FAILED "sign_in.proof_failed" "本人確認に失敗した" "A proof of the factors failed";
    120 ACTIVATED "credential.activated" "利用開始の手続きを終えた" "An account was activated";
    121 PASSWORD_CHANGED "credential.password_changed" "パスワードを変更した" "A password was changed";
    122 TOTP_CHANGED "credential.totp_changed" "ワンタイムコードの鍵を変更した" "A one-time code key was changed";
    123 PASSKEY_ADDED "credential.passkey_added" "パスキーを登録した" "A passkey was added";
    124 PASSKEY_REMOVED "credential.passkey_removed" "パスキーを削除した" "A passkey was removed";
    125 ACTIVATION_ISSUED "credential.activation_issued" "利用開始票を発行した" "An activation slip was \
        issued";
    126 RESET_AT_CONSOLE "credential.reset_at_console" "サーバーの操作で認証情報を初期化した" "Credentials were \
        reset on the server itself";
    // 2xx bodies, divisions, staff, policy
    201 BODY_ADDED "body.added" "団体を追加した" "A body was added";
    202 BODY_SUSPENDED "body.suspended" "団体の利用を停止した" "A body was suspended";
    203 BODY_RESUMED "body.resumed" "団体の利用を再開した" "A body was resumed";
    210 DIVISION_ADDED "division.added" "所属を追加した" "A division was added";
    211 DIVISION_CHANGED "division.changed" "所属を変更した" "A division was changed";
    212 DIVISION_REMOVED "division.removed" "所属を削除した" "A division was removed";
    220 STAFF_ADDED "staff.added" "職員を追加した" "A member of staff was added";
    221 STAFF_CHANGED "staff.changed" "職員を変更した" "A member of staff was changed";
    222 STAFF_SUSPENDED "staff.suspended" "職員の利用を停止した" "A member of staff was suspended";
    223 STAFF_RESUMED "staff.resumed" "職員の利用を再開した" "A member of staff was resumed";
    224 STAFF_IMPORTED "staff.imported" "職員を一括登録した" "Staff were imported";
    225 STAFF_EXPORTED "staff.exported" "職員の一覧を出力した" "Staff were exported";
    230 SIGN_IN_POLICY_CHANGED "policy.sign_in_changed" "サインインの規則を変更した" "The sign-in policy was \
        changed";
    231 SESSION_POLICY_CHANGED "policy.session_changed" "接続の規則を変更した" "The session policy was \
        changed";
    232 RECORD_POLICY_CHANGED "policy.record_changed" "接続元アドレスを保存する期間を変更した" "How long addresses \
        are kept was changed";
    240 MAIL_CHANGED "mail.changed" "メールの設定を変更した" "The mail settings were changed";
    241 MAIL_TESTED "mail.tested" "試験メールを送った" "A test mail was sent";
    242 NOTICES_CHANGED "mail.notices_changed" "通知の受け取り方を変更した" "A person changed her notices";
    250 API_TOKEN_MADE "token.made" "APIトークンを発行した" "A token of the API was made";
    251 API_TOKEN_REVOKED "token.revoked" "APIトークンを失効させた" "A token of the API was revoked";
    252 API_TOKEN_ASKED "token.asked" "本人の同意を待つAPIトークンを発行した" "A token of the API was made and \
        waits for its person's consent";
    253 API_TOKEN_CONSENTED "token.consented" "APIトークンに本人が同意した" "A person consented to a token of \
        the API";
    260 CHANGE_ASKED "change.asked" "承認に関わる変更を申し出た" "A change of who approves was asked for";
    261 CHANGE_CONFIRMED "change.confirmed" "承認に関わる変更を別の担当者が確認した" "A second person confirmed a \
        change of who approves";
    262 CHANGE_BEGAN "change.began" "承認に関わる変更が翌日になり発効した" "A change of who approves began on its \
        day";
    263 CHANGE_WITHDRAWN "change.withdrawn" "承認に関わる変更を取り下げた" "A change of who approves was taken \
        back";
    264 CHANGE_WAITS "change.waits" "承認に関わる変更が別の担当者の確認を待ち続ける" "A change of who approves goes on \
        waiting for a second person";
    // 3xx devices, agents, PCs
    301 ENROLMENT_ISSUED "agent.enrolment_issued" "装置の登録票を発行した" "An enrolment token was issued";
    302 AGENT_ENROLLED "agent.enrolled" "装置が登録された" "An agent enrolled";
    303 AGENT_REVOKED "agent.revoked" "装置を失効した" "An agent was revoked";
    304 AGENT_CONNECTED "agent.connected" "装置がつながった" "An agent connected";
    305 AGENT_LOST "agent.lost" "装置との接続が切れた" "An agent was lost";
    306 ENROLMENT_REFUSED "agent.enrolment_refused" "装置の登録を断った" "An enrolment was refused";
    307 ENROLMENT_WITHDRAWN "agent.enrolment_withdrawn" "装置の登録票を無効にした" "An enrolment token was \
        withdrawn";
    310 PC_OFFERED "pc.offered" "接続先が届け出られた" "A PC was offered";
    311 PC_CHANGED "pc.changed" "PCの設定を変更した" "A PC was changed";
    312 PC_STOPPED "pc.stopped" "PCの利用を停止した" "A PC was stopped";
    313 PC_RESUMED "pc.resumed" "PCの利用を再開した" "A PC was resumed";
    314 PC_REFUSED "pc.refused" "接続先の届け出を断った" "An offered PC was refused";
    320 ASSIGNED "assignment.added" "PCの利用を許可した" "A PC was assigned";
    321 UNASSIGNED "assignment.removed" "PCの利用許可を取り消した" "An assignment was removed";
    330 DEVICE_PAIRED "device.paired" "端末が登録された" "A device was paired";
    331 DEVICE_CHANGED "device.changed" "端末の届け出を変更した" "A device was changed";
    332 DEVICE_REVOKED "device.revoked" "端末を失効した" "A device was revoked";
    333 PAIRING_FAILED "device.pairing_failed" "端末の登録に失敗した" "A pairing failed";
    334 INVITED "device.invited" "端末の登録票が発行された" "A pairing slip was issued";
    335 PAIRING_STARTED "device.pairing_started" "端末の登録を始めた" "A pairing was started";
    // 4xx sessions on a PC
    401 SESSION_REQUESTED "session.requested" "接続を許可した" "A session was granted";
    402 SESSION_REFUSED "session.refused" "接続を断った" "A session was refused";
    403 SESSION_STARTED "session.started" "接続が始まった" "A session started";
    404 SESSION_ENDED "session.ended" "接続が終わった" "A session ended";
    405 SESSION_CUT "session.cut" "接続を切断した" "A session was cut";
    406 PASSWORD_REFUSED "session.password_refused" "庁内のPCがパスワードを断った" "An office PC refused a \
        password";
    // 5xx the record itself
    501 AUDIT_EXPORTED "audit.exported" "監査記録を出力した" "The record was exported";
    502 AUDIT_VERIFIED "audit.verified" "監査記録を検証した" "The record was verified";
    503 RECORD_GAP "audit.gap" "監査記録に欠けがある（控えから戻した）" "A part of the record was lost (a copy was \
        put back)";
    504 RESTORED "audit.restored" "控えから戻したデータで再開した" "The server was opened again after a copy was \
        put back";
    505 ADDRESSES_DELETED "audit.addresses_deleted" "保存期間を過ぎた接続元アドレスを削除した" "Addresses that were \
        kept long enough were deleted";
    506 ANCHORS_BEGUN "audit.anchors_begun" "アンカーの新しいファイルを始めた" "A new file of anchors was begun";
    // 6xx exchange: notices and surveys
    601 CASE_DRAFTED "case.drafted" "案件を下書きした" "A case was drafted";
    602 CASE_SENT "case.sent" "案件を発出した" "A case was sent";
    603 CASE_RECEIVED "case.received" "案件を受領した" "A case was received";
    604 CASE_FORWARDED "case.forwarded" "案件を転送した" "A case was passed on";
    605 CASE_CIRCULATED "case.circulated" "庁内照会をした" "Divisions were asked for their part";
    606 CASE_CLOSED "case.closed" "案件を確定した" "A case was closed";
    607 CASE_REOPENED "case.reopened" "案件の受付を再開した" "A case was opened again";
    608 CASE_PUBLISHED "case.published" "結果を公表した" "Results were published";
    610 ANSWER_SAVED "answer.saved" "回答を保存した" "An answer was saved";
    611 ANSWER_SAVED_BY_PROXY "answer.saved_by_proxy" "回答を代理入力した" "An answer was entered by proxy";
    612 PART_SAVED "answer.part_saved" "担当課が回答を保存した" "A division saved its part";
    613 APPROVAL_ASKED "answer.approval_asked" "庁内承認を依頼した" "Approval in the office was asked for";
    614 ANSWER_APPROVED "answer.approved" "庁内承認をした" "An answer was approved in the office";
    615 APPROVAL_DECLINED "answer.approval_declined" "庁内承認を差し戻した" "Approval in the office was \
        declined";
    616 ANSWER_SUBMITTED "answer.submitted" "回答を提出した" "An answer was submitted";
    617 ANSWER_TAKEN_BACK "answer.taken_back" "訂正のため回答を取り下げた" "An answer was taken back for \
        correction";
    618 ANSWER_RETURNED "answer.returned" "回答を差し戻した" "An answer was returned";
    619 ANSWER_PASSED "answer.passed" "都道府県が回答を承認した" "The prefecture passed an answer";
    620 ANSWER_HANDED_UP "answer.handed_up" "回答を国へ提出した" "An answer was handed up";
    621 ANSWER_QUERIED "answer.queried" "疑義照会をした" "The ministry asked back";
    622 ANSWER_CONFIRMED "answer.confirmed" "回答を確定した" "An answer was confirmed";
    623 ANSWER_REOPENED "answer.reopened" "回答の受付を再開した" "An answer was opened again";
    624 EXTENSION_ASKED "extension.asked" "期限延長を依頼した" "More time was asked for";
    625 EXTENSION_GRANTED "extension.granted" "期限を延長した" "More time was granted";
    626 EXTENSION_REFUSED "extension.refused" "期限延長を断った" "More time was refused";
    630 QUESTION_ASKED "case.question_asked" "案件について質問した" "A public question was asked";
    631 QUESTION_ANSWERED "case.question_answered" "質問に回答した" "A public question was answered";
    632 REMINDED "case.reminded" "督促した" "A reminder was sent";
    633 ATTACHMENT_ADDED "case.attachment_added" "添付ファイルを追加した" "A file was attached";
    634 ATTACHMENT_REMOVED "case.attachment_removed" "添付ファイルを削除した" "An attached file was removed";
    635 DESKS_CHANGED "exchange.desks_changed" "調査・照会の窓口の設定を変更した" "The desks of the exchange were \
        changed";
    636 FORM_ADDED "form.added" "調査票を登録した" "A survey form was added";
    637 BODY_VALIDITY_CHANGED "exchange.validity_changed" "団体コードの有効期間を変更した" "The validity of a \
        code was changed";
    638 BODY_ADDED_LATER "exchange.body_added" "新しい団体を登録した" "A body that came to be was registered";
    639 BODY_LATER_REMOVED "exchange.body_removed" "新しい団体の登録を削除した" "The registration of a body was \
        taken back";
    640 BUNDLE_WRITTEN "bundle.written" "署名付きファイルを作成した" "A signed bundle was written";
    641 BUNDLE_READ "bundle.read" "署名付きファイルを取り込んだ" "A signed bundle was read";
    642 BUNDLE_REFUSED "bundle.refused" "署名付きファイルを拒否した" "A signed bundle was refused";
    643 PEER_ADDED "bundle.peer_added" "署名付きファイルの相手先を登録した" "A server to exchange bundles with was \
        added";
    644 BUNDLE_AGAIN "bundle.again" "最後の署名付きファイルをもう一度渡した" "The last signed bundle was handed out \
        again";
    // 7xx telework
    701 TELEWORK_ASKED "telework.asked" "テレワークを申請した" "A telework day was asked for";
    702 TELEWORK_APPROVED "telework.approved" "テレワークを承認した" "A telework day was approved";
    703 TELEWORK_RETURNED "telework.returned" "テレワークの申請を差し戻した" "A telework request was returned";
    704 TELEWORK_REFUSED "telework.refused" "テレワークを不承認とした" "A telework day was refused";
    705 TELEWORK_CANCELLED "telework.cancelled" "テレワークを取り消した" "A telework day was cancelled";
    710 DAY_REPORTED "telework.day_reported" "始業・中断・再開・終業を記録した" "A start, pause or end of work was \
        reported";
    711 DAY_REPORT_WRITTEN "telework.report_written" "業務報告を書いた" "The report of a day was written";
    712 REASON_GIVEN "telework.reason_given" "記録の差の理由を書いた" "A reason for a difference was given";
    720 TELEWORK_REGISTERED "telework.registered" "テレワークの利用登録をした" "A person registered for \
        telework";
    730 TELEWORK_RULES_CHANGED "telework.rules_changed" "テレワークの規則を変更した" "The telework rules were \
        changed";
    731 TELEWORK_MEMBER_CHANGED "telework.member_changed" "テレワークでの職員の区分を変更した" "A person's telework \
        attributes were changed";
    732 EMERGENCY_ORDERED "telework.emergency_ordered" "緊急の命令でPCを開けた" "An emergency order was \
        given";
    733 EMERGENCY_LIFTED "telework.emergency_lifted" "緊急の命令を終わらせた" "An emergency order was lifted";
    734 LEAVE_ENTERED "telework.leave_entered" "休暇・休職を登録した" "A leave was entered";
    735 LEAVE_REMOVED "telework.leave_removed" "休暇・休職を取り消した" "A leave was taken back";
    736 HANDED_OVER "telework.handed_over" "所属長が代理に引き継いだ" "A superior handed over to the deputy";
    737 HAND_OVER_ENDED "telework.hand_over_ended" "所属長が代理への引き継ぎを終えた" "A superior ended a \
        hand-over";
    740 MONTH_CLOSED "telework.month_closed" "月を締めた" "A month was closed";
    741 MONTH_REOPENED "telework.month_reopened" "月の締めを取り消した" "A month was opened again";
    742 ALLOWANCE_FIXED "telework.allowance_fixed" "在宅勤務等手当の期間を定めた" "A period of the allowance was \
        fixed";
    743 ALLOWANCE_WITHDRAWN "telework.allowance_withdrawn" "在宅勤務等手当の期間を取り消した" "A period of the \
        allowance was withdrawn";
    744 PAYROLL_EXPORTED "telework.payroll_exported" "給与システム用のファイルを出力した" "The payroll file was \
        taken out";
    745 ATTENDANCE_EXPORTED "telework.attendance_exported" "出勤簿を出力した" "The attendance book was \
        taken out";
    750 WORK_ADDED "telework.work_added" "業務を棚卸しに追加した" "A piece of work was added";
    751 WORK_CHANGED "telework.work_changed" "棚卸しの業務を変更した" "A piece of work was changed";
    752 WORK_REMOVED "telework.work_removed" "棚卸しの業務を削除した" "A piece of work was removed";
    753 WORKS_IMPORTED "telework.works_imported" "業務の一覧を取り込んだ" "A list of work was imported";
    754 WORKS_EXPORTED "telework.works_exported" "業務の一覧を出力した" "A list of work was exported";
    755 WORK_DECIDED "telework.work_decided" "業務の可否を人が判断した" "A person decided on a piece of work";
    756 JUDGING_CHANGED "telework.judging_changed" "業務の判定規則を変更した" "The rules of judgement were \
        changed";
    757 WORK_LINKED "telework.work_linked" "業務の担当職員を変更した" "Who does a piece of work was changed";
    760 SURVEY_FIGURE_SETTLED "telework.survey_settled" "調査の算出値を確認・修正した" "A computed answer was \
        confirmed or changed";
    761 SURVEY_FIGURE_REOPENED "telework.survey_reopened" "調査の算出値の確認を取り消した" "A settled answer was \
        opened again";
    770 LENT "telework.lent" "機器を貸し出した" "A thing was lent";
    771 GIVEN_BACK "telework.given_back" "機器が返却された" "A lent thing came back";
    772 LOST "telework.lost" "機器の紛失が届け出られた" "A lent thing was reported lost";
    773 TAKEOUT_ASKED "telework.takeout_asked" "情報資産の持ち出しを申請した" "Taking information out was asked \
        for";
    774 TAKEOUT_DECIDED "telework.takeout_decided" "情報資産の持ち出しを決裁した" "Taking information out was \
        decided";
    775 TAKEOUT_SETTLED "telework.takeout_settled" "持ち出した情報資産の返却を確認した" "Information taken out came \
        back";
    780 FEED_MADE "telework.feed_made" "予定表の購読アドレスを発行した" "A calendar feed's address was made";
    781 FEED_REVOKED "telework.feed_revoked" "予定表の購読アドレスを失効した" "A calendar feed's address was \
        revoked";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_used_once_and_in_order() {
        assert!(Kind::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|kind| Kind::from_name(kind.name()) == Some(*kind)));
    }
}
