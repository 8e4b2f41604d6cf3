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
    let Place {
        url,
        body,
        user,
        password,
        totp_secret,
        slip,
        admin,
        admin_password,
        admin_totp_secret,
        office,
        others,
    } = p;
    let others: String =
        others.iter().map(|one| format!("│ 所属長・人事 / superior, HR: {one}\n")).collect();
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

/// Who opens the surveys as what. The people of ministry, prefecture and town come first in what
/// seeding said.
pub(super) fn country(url: &str, country: &serde_json::Value) -> String {
    let mut text = format!(
        "\n┌─ 調査・照会 / surveys: {url}/exchange ───────────────────────────────────────────\n"
    );
    let places = [
        "国 / ministry",
        "国 課長 / its superior",
        "県 / prefecture",
        "県 課長 / its superior",
        "町 / town",
        "町 課長 / its superior",
        "町 情報政策課 / a division of it",
    ];
    for (place, one) in places.iter().zip(country["people"].as_array().into_iter().flatten()) {
        let field = |name: &str| one[name].as_str().unwrap_or_default();
        text.push_str(&format!(
            "│ {place}: 団体 / body {}  利用者 / user {}  パスワード / password {}\n│      (secret: {})\n",
            field("body"),
            field("user"),
            field("password"),
            field("totp_secret")
        ));
    }
    text.push_str(
        "│ すべて架空の回答です / every answer is \
        invented\n└──────────────────────────────────────────────────────────────────────────────",
    );
    text
}

/// The line of the moment.
pub(super) fn code_line(
    user: &str,
    code: &str,
    admin: &str,
    admin_code: &str,
    left: u64,
) -> String {
    format!(
        "ワンタイムコード / code  {user}: {code}   {admin}: {admin_code}   (あと {left:2} 秒 / s left)"
    )
}
