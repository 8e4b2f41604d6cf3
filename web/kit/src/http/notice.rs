//! Sentences about what was just done, by code. The address carries the code alone, so no text can
//! be planted.

/// The sentence in both languages.
pub(super) fn find(code: &str) -> Option<(&'static str, &'static str)> {
    NOTICES.iter().find(|(known, ..)| *known == code).map(|(_, ja, en)| (*ja, *en))
}

/// Code, Japanese, English. Append as pages need.
const NOTICES: &[(&str, &str, &str)] = &[
    ("saved", "保存しました。", "Saved."),
    (
        "mail-password",
        "保存しました。サーバー・ポート・暗号化・ユーザー名のどれかが変わったため、保存していたパスワードは消しました。必要なら入れ直してください。",
        "Saved. Server, port, protection or user changed, so the password that was kept is gone. \
         Enter it again where it is needed.",
    ),
    ("added", "追加しました。", "Added."),
    ("removed", "削除しました。", "Removed."),
    (
        "suspended",
        "利用を停止しました。サインインと接続中のセッションも終了しました。",
        "Suspended. Sign-ins and live sessions were ended.",
    ),
    ("resumed", "利用を再開しました。", "Resumed."),
    (
        "revoked",
        "失効しました。接続中のセッションも終了しました。",
        "Revoked. Live sessions were ended.",
    ),
    ("unlocked", "ロックを解除しました。", "The lock-out was lifted."),
    ("imported", "取り込みました。", "Imported."),
    ("ended", "セッションを終了しました。", "The session was ended."),
    (
        "password",
        "パスワードを変更しました。ほかの端末のサインインと、開いていたPCの接続を終了しました。",
        "Password changed. Other sign-ins and open PC sessions were ended.",
    ),
    (
        "password-kept",
        "パスワードを変更しました。ほかの端末のサインインと、開いているPCの接続は続いています。",
        "Password changed. Other sign-ins and open PC sessions go on.",
    ),
    (
        "sign-in-ended",
        "サインインを終了しました。そこから開いたPCの接続も終了しました。",
        "The sign-in was ended, with the PC sessions opened from it.",
    ),
    (
        "signed-out-everywhere",
        "すべての端末からサインアウトしました。開いていたPCの接続も終了しました。",
        "Signed out everywhere. Open PC sessions were ended too.",
    ),
    ("totp", "認証アプリを登録しなおしました。", "The authenticator kit was registered anew."),
    ("passkey", "パスキーを登録しました。", "The passkey was added."),
    ("signed-out", "サインアウトしました。", "Signed out."),
    ("activated", "手続きが終わりました。サインインしてください。", "Done. Please sign in."),
    ("assigned", "PCの利用を許可しました。", "The PC was assigned."),
    ("unassigned", "利用許可を取り消しました。", "The assignment was taken back."),
    (
        "telework-asked",
        "申請しました。承認をお待ちください。",
        "Asked for. Please wait for approval.",
    ),
    ("telework-cancelled", "申請を取り消しました。", "The request was cancelled."),
    ("telework-decided", "選んだ申請を処理しました。", "The chosen requests were decided."),
    ("telework-clock", "記録しました。", "Recorded."),
    (
        "telework-registered",
        "利用登録をしました。申請ができます。",
        "You are registered and may ask for days.",
    ),
    ("telework-closed", "月を締めました。", "The month is closed."),
    ("telework-reopened", "締めを取り消しました。", "The month is open again."),
    ("telework-emergency", "緊急の命令を出しました。", "The emergency order is in force."),
    (
        "slip-asked",
        "利用開始票の発行を申し出ました。別の担当者が「確認待ちの変更」から本人に渡します。",
        "The slip was asked for. Another officer hands it out from \"Changes that wait\".",
    ),
    (
        "change-asked",
        "保存しました。承認に関わる変更は、別の担当者が「確認待ちの変更」で確認するまで（または表示の日時まで）効力を持ちません。",
        "Saved. What changes who approves waits for another officer, or for its day, in \"Changes \
         that wait\".",
    ),
    (
        "change-confirmed",
        "確認しました。変更は効力を持ちました。",
        "Confirmed: the change is in force.",
    ),
    ("change-withdrawn", "変更を取り下げました。", "The change was taken back."),
    ("token-consented", "トークンに同意しました。", "You consented to the token."),
    ("token-ended", "トークンを終わらせました。", "The token was ended."),
    ("handed-over", "引き継ぎを設定しました。", "The hand-over is set."),
    ("hand-over-ended", "引き継ぎを終わらせました。", "The hand-over is ended."),
    ("token-revoked", "トークンを失効させました。", "The token was revoked."),
    (
        "answer-saved",
        "回答を保存しました。承認依頼・提出は案件の画面から行えます。",
        "The answer was saved. Approval and submission follow on the page of the case.",
    ),
    (
        "loan-lost",
        "紛失を届け出ました。結び付けた端末は失効し、接続中のセッションも終了しました。",
        "The loss was reported. The linked device was revoked and its sessions ended.",
    ),
    (
        "in-use",
        "所属している職員か棚卸しの業務があるため、削除できません。",
        "It cannot be removed while staff or work belong to it.",
    ),
    ("exchange-sent", "発出しました。", "Sent."),
    ("exchange-done", "処理しました。", "Done."),
    (
        "exchange-received",
        "受領しました。「回答を入力する」から回答できます。",
        "Received. You can answer now.",
    ),
    ("exchange-asked", "庁内承認を依頼しました。", "Approval was asked for."),
    (
        "exchange-approved",
        "承認しました。担当者が提出できます。",
        "Approved. The desk can submit it now.",
    ),
    ("exchange-declined", "担当へ戻しました。", "Sent back to the desk."),
    (
        "exchange-submitted",
        "提出しました。受付番号はこの画面に表示しています。",
        "Submitted. The receipt number stands on this page.",
    ),
    (
        "exchange-correct",
        "取り下げました。訂正してから、もう一度提出してください。",
        "Taken back. Correct it and submit it again.",
    ),
    ("exchange-extend", "期限の延長を依頼しました。", "More time was asked for."),
];
