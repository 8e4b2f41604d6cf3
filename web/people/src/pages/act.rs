//! What an act that asks for a fresh proof would do, in words: whoever types both factors knows
//! what for, also where somebody else filled in the form and left it open.

use audit::Chain;
use people::{Actor, BodyCode, ChangeId, DivisionId, PasskeyId, PcId, Role, Roles, Staff, StaffId};
use store::Conn;

use crate::{People, second};
use kit::error::Refusal;
use kit::http::{Lang, Scope};
use kit::ports::{Act, Said};

/// The words of an act, by its path and what was typed.
///
/// # Errors
/// What the database can meet.
pub(crate) async fn said(app: &People, act: Act<'_>) -> Result<Said, Refusal> {
    let path = act.path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut conn = app.store.read().await?;
    let mut words = Words { app, act, rows: Vec::new() };
    let act = words.of(&mut conn, &parts).await?;
    Ok(Said { act, fields: words.rows })
}

struct Words<'a> {
    app: &'a People,
    act: Act<'a>,
    /// What was typed, each with its name.
    rows: Vec<(String, String)>,
}

impl Words<'_> {
    fn lang(&self) -> Lang {
        self.act.lang
    }

    fn actor(&self) -> &Actor {
        self.act.actor
    }

    fn t<'b>(&self, ja: &'b str, en: &'b str) -> &'b str {
        self.lang().t(ja, en)
    }

    fn typed(&self, name: &str) -> &str {
        let found = self.act.fields.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.trim())
    }

    fn body(&self, code: BodyCode) -> String {
        format!("{}（{code}）", self.app.bodies().full_name(code))
    }

    fn row(&mut self, ja: &str, en: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.rows.push((self.t(ja, en).to_owned(), value));
        }
    }

    /// A field as it was typed.
    fn field(&mut self, name: &str, ja: &str, en: &str) {
        let value = self.typed(name).to_owned();
        self.row(ja, en, value);
    }

    async fn of(&mut self, conn: &mut Conn, parts: &[&str]) -> Result<String, Refusal> {
        let said = match parts {
            ["admin", "staff"] => {
                self.person(conn, None).await?;
                self.t("職員を追加します", "Add a member of staff").to_owned()
            }
            ["admin", "staff", id] => {
                let staff = self.staff(conn, id).await?;
                let who = name(staff.as_ref());
                self.person(conn, staff.as_ref()).await?;
                self.pick(format!("{who}さんの登録と役割を変更します"), format!("Change {who}"))
            }
            ["admin", "staff", id, "resume"] => {
                let who = name(self.staff(conn, id).await?.as_ref());
                self.pick(format!("{who}さんの利用を再開します"), format!("Resume {who}"))
            }
            ["admin", "staff", id, "slip"] => {
                let who = name(self.staff(conn, id).await?.as_ref());
                self.pick(
                    format!("{who}さんの利用開始票を再発行します（いまのパスワードなどは使えなくなります）"),
                    format!("Issue a new activation slip for {who}; the present credentials end"),
                )
            }
            ["admin", "import", "staff"] | ["admin", "import", "staff", "take"] => {
                self.t("職員を一括登録します", "Import staff from a file").to_owned()
            }
            ["admin", "changes", id, "confirm"] => self.change(conn, id).await?,
            ["admin", "pcs", id, "resume"] => {
                let pc = match id.parse::<PcId>() {
                    Ok(id) => store::pcs::find(conn, self.actor().body, id).await?,
                    Err(_) => None,
                };
                let pc = pc.map_or_else(|| "?".to_owned(), |pc| pc.name.to_string());
                self.pick(format!("PC「{pc}」の利用を再開します"), format!("Resume the PC {pc}"))
            }
            ["admin", "agents"] => {
                self.field("name", "装置の名前", "Name");
                self.t("装置の登録票を発行します", "Issue an enrolment token").to_owned()
            }
            ["admin", "tokens"] => {
                self.token(conn).await?;
                self.t("APIトークンを発行します", "Make a token of the API").to_owned()
            }
            ["admin", "audit", "export"] => {
                let server = self.typed("chain") == "server";
                let whose = if server { Chain::SERVER } else { self.actor().body.chain() };
                self.row("記録", "Record", whose.as_str());
                self.field("from", "開始日", "From");
                self.field("until", "終了日", "Until");
                self.field("family", "種類", "Kind");
                self.field("q", "人・対象", "Who or what");
                self.t("監査記録をファイルに出力します", "Take the record out as a file").to_owned()
            }
            ["admin", "body", "stop"] => {
                self.row("団体", "Body", self.body(self.actor().body));
                self.t("団体全体の利用を停止します", "Stop the whole body").to_owned()
            }
            ["admin", "body", "resume"] => {
                self.row("団体", "Body", self.body(self.actor().body));
                self.t("団体全体の利用を再開します", "Resume the whole body").to_owned()
            }
            ["admin", "bodies"] => {
                let code = self.typed("body").parse::<BodyCode>();
                let whose =
                    code.map_or_else(|_| self.typed("body").to_owned(), |code| self.body(code));
                self.row("団体", "Body", whose);
                self.field("login", "最初の担当者のサインイン名", "First officer's sign-in name");
                self.field("name", "最初の担当者の氏名", "First officer's name");
                self.t("団体を追加します", "Add a body").to_owned()
            }
            ["admin", "bodies", code, how @ ("suspend" | "resume")] => {
                let whose =
                    code.parse().map_or_else(|_| (*code).to_owned(), |code| self.body(code));
                self.row("団体", "Body", whose);
                match *how {
                    "suspend" => self.t("団体の利用を停止します", "Stop a body").to_owned(),
                    _ => self.t("団体の利用を再開します", "Resume a body").to_owned(),
                }
            }
            ["admin", "export", "staff", _] => self
                .t("職員の一覧をファイルに出力します", "Take the list of staff out as a file")
                .to_owned(),
            ["admin", "telework", "export", what @ ("payroll" | "attendance"), _] => {
                self.field("month", "月", "Month");
                match *what {
                    "payroll" => {
                        self.t("給与システム用のファイルを出力します", "Take the payroll file out")
                    }
                    _ => self.t("勤務の記録をファイルに出力します", "Take the attendance book out"),
                }
                .to_owned()
            }
            ["exchange", "servers"] => {
                self.field("name", "名前", "Name");
                self.field("key", "鍵", "Key");
                self.t("相手のサーバーの鍵を登録します", "Believe another server by its key")
                    .to_owned()
            }
            ["account", "passkeys", "remove"] => {
                let id = self.typed("id").parse::<PasskeyId>().ok();
                let own = store::passkeys::of(conn, self.actor().id).await?;
                let found = own.into_iter().find(|one| Some(one.id) == id);
                self.row("パスキー", "Passkey", found.map_or("?".to_owned(), |one| one.name));
                self.t("パスキーを削除します", "Remove a passkey").to_owned()
            }
            ["account", "password"] => {
                self.t("パスワードを変更します", "Change the password").to_owned()
            }
            ["account", "tokens", _, "consent"] => self
                .t("自分の名前で動くプログラムに同意します", "Consent to a program in your name")
                .to_owned(),
            ["account", "tokens"] => self
                .t("自分の名前で動くプログラムの画面を開きます", "Open the programs in your name")
                .to_owned(),
            ["account"] => self
                .t(
                    "アカウントの画面を開きます（パスワードの変更・パスキーの登録）",
                    "Open your account, to change the password or add a passkey",
                )
                .to_owned(),
            ["prove"] => {
                let next = self.typed("next").to_owned();
                let inner: Vec<&str> = next.trim_start_matches('/').split('/').collect();
                // Anybody who is signed in writes what they like into this address: it names pages
                // alone, and nobody.
                return match inner.as_slice() {
                    ["account"]
                    | ["account", "tokens"]
                    | ["admin", "import", "staff"]
                    | ["admin", "import", "staff", "take"] => Box::pin(self.of(conn, &inner)).await,
                    _ => Ok(String::new()),
                };
            }
            _ => String::new(),
        };
        Ok(said)
    }

    fn pick(&self, ja: String, en: String) -> String {
        if self.lang() == Lang::Ja { ja } else { en }
    }

    async fn staff(&self, conn: &mut Conn, id: &str) -> Result<Option<Staff>, Refusal> {
        let Ok(id) = id.parse::<StaffId>() else { return Ok(None) };
        Ok(store::staff::find(conn, self.actor().body, id).await?)
    }

    /// A person's form: what it would say of her, and which roles she has now.
    async fn person(&mut self, conn: &mut Conn, now: Option<&Staff>) -> Result<(), Refusal> {
        self.field("name", "氏名", "Name");
        self.field("login", "サインイン名", "Sign-in name");
        if let Ok(id) = self.typed("division").parse::<DivisionId>() {
            let found = store::divisions::find(conn, self.actor().body, id).await?;
            self.row("所属", "Division", found.map_or("?".to_owned(), |one| one.name.to_string()));
        }
        let ticked = |role: &Role| {
            let name = format!("role_{}", role.name());
            self.act.fields.iter().any(|(key, _)| *key == name)
        };
        let wanted: Vec<Role> = Role::ALL.into_iter().filter(ticked).collect();
        let wanted = Roles::of(&wanted);
        let words = |roles: Roles| self.pick(roles.ja(), roles.names());
        let (after, before) = (words(wanted), now.map(|staff| words(staff.roles)));
        self.row("役割", "Roles", after);
        self.row("いまの役割", "Roles now", before.unwrap_or_default());
        if !self.typed("fiscal_year").is_empty() {
            let yes = self.t("はい", "yes").to_owned();
            self.row("会計年度任用職員", "Fiscal-year staff", yes);
        }
        Ok(())
    }

    async fn change(&mut self, conn: &mut Conn, id: &str) -> Result<String, Refusal> {
        let (body, lang) = (self.actor().body, self.lang());
        let change = match id.parse::<ChangeId>() {
            Ok(id) => store::changes::find(conn, body, id).await?,
            Err(_) => None,
        };
        if let Some(change) = change {
            let what = second::words(self.app, conn, lang, &change).await?;
            self.row("変更の内容", "Change", what);
            for asker in &change.by {
                let by = kit::second::person(conn, body, Some(*asker), lang).await?;
                self.row("申し出た人", "Asked for by", by);
            }
        }
        let words =
            self.t("別の担当者が申し出た変更を確認します", "Confirm what a colleague asked for");
        Ok(words.to_owned())
    }

    async fn token(&mut self, conn: &mut Conn) -> Result<(), Refusal> {
        self.field("name", "名前", "Name");
        let whose = self.staff(conn, self.typed("staff")).await?;
        if whose.is_some() {
            self.row("だれの権限で動くか", "With the rights of", name(whose.as_ref()));
        }
        self.field("days", "期限（日）", "Ends after (days)");
        let lang = self.lang();
        let words = |apart: bool| {
            let given = Scope::ALL
                .into_iter()
                .filter(|scope| scope.unproved() == apart && self.typed(scope.name()) == "yes");
            let words = given.map(|scope| {
                let (ja, en) = scope.words();
                lang.t(ja, en)
            });
            words.collect::<Vec<&str>>().join(lang.t("、", ", "))
        };
        let (scopes, unproved) = (words(false), words(true));
        self.row("できること", "Scopes", scopes);
        self.row("本人確認なしで行えること", "Without a proof", unproved);
        Ok(())
    }
}

fn name(staff: Option<&Staff>) -> String {
    staff.map_or_else(|| "?".to_owned(), |one| format!("{}（{}）", one.name, one.login))
}
