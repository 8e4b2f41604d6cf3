//! What the demo says to people.

/// What there is to say.
pub(super) struct Place<'a> {
    pub(super) url: &'a str,
    pub(super) body: &'a str,
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    pub(super) totp_secret: &'a str,
    pub(super) slip: &'a str,
    pub(super) admin: &'a str,
    pub(super) admin_password: &'a str,
    pub(super) admin_totp_secret: &'a str,
    pub(super) office: &'a str,
    /// Others one can sign in as.
    pub(super) others: Vec<String>,
}

/// The sheet, Japanese first.
pub(super) fn sheet(p: &Place<'_>) -> String {
    let Place { url, body, user, password, totp_secret, slip, admin, admin_password, admin_totp_secret, office, others } = p;
    let others: String = others.iter().map(|one| format!("│ 所属長・人事 / superior, HR: {one}\n")).collect();
    format!(
        "
┌─ Noren ──────────────────────────────────────────────────────────────────────
│ 1. ブラウザーで開く / open in a browser            {url}
│ 2. サインインする / sign in
│      団体 / body                {body}
│      利用者 / user              {user}
│      パスワード / password      {password}
│      ワンタイムコード / code    下の行に30秒ごとに表示 / on the last line, every 30 s
│      (認証アプリの鍵 / secret for an authenticator app: {totp_secret})
│ 3. 端末を登録する / pair this browser              {url}/pair
│      登録票の番号 / slip        {slip}
│ 4. 「開く」を押す / press Open                     {office}
│
│ 管理者 / administrator: {admin}   パスワード / password: {admin_password}
│      (secret: {admin_totp_secret})
{others}│ 終了 / end: Ctrl-C
└──────────────────────────────────────────────────────────────────────────────"
    )
}

/// The line of the moment.
pub(super) fn code_line(user: &str, code: &str, admin: &str, admin_code: &str, left: u64) -> String {
    format!("ワンタイムコード / code  {user}: {code}   {admin}: {admin_code}   (あと {left:2} 秒 / s left)")
}
