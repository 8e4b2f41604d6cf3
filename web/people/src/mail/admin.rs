//! `/admin/mail`: the mail server, a test mail, and what could not be delivered.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use lettre::Address;
use people::{Deed, MailId};
use serde::Deserialize;
use store::mail::Mail;

use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::Answer;
use kit::http::Ctx;
use kit::http::Form;
use kit::http::SignedIn;
use kit::http::get;
use kit::http::page_with;
use kit::http::post;
use kit::http::see_other;
use kit::http::seen::Changed;
use kit::http::seen::Seen;
use kit::http::seen::Shown;
use kit::http::seen::yes;
use kit::limit::TEST_MAIL;
use kit::mail::settings;
use kit::mail::settings::Settings;
use kit::mail::settings::Tls;
use kit::mail::smtp::Fault;
use kit::mail::smtp::Line;

/// How many undelivered mails are listed.
const LISTED: i64 = 100;

#[derive(Template)]
#[template(path = "mail/admin.html")]
struct Page {
    ctx: Ctx,
    settings: Settings,
    has_password: bool,
    tls: Vec<(&'static str, &'static str, bool)>,
    domains: String,
    waiting: i64,
    oldest: Option<i64>,
    undelivered: Vec<Mail>,
    faults: Vec<&'static str>,
    tested: Option<(bool, String)>,
    to: String,
    /// What stands now, for the field that comes back.
    seen: String,
    changed: Changed,
}

/// What the form shows. Of the password only whether there is one.
fn shown(lang: kit::http::Lang, settings: &Settings) -> Shown {
    let tls = match settings.tls {
        Tls::Starttls => "STARTTLS",
        Tls::Implicit => "TLS",
        Tls::Off => lang.t("暗号化しない", "None"),
    };
    Shown::default()
        .with("on", lang.t("メールを送る", "Mail is sent"), yes(lang, settings.on))
        .with("host", lang.t("サーバー", "Server"), &settings.host)
        .with("port", lang.t("ポート", "Port"), settings.port)
        .with("tls", lang.t("暗号化", "Protection"), tls)
        .with("user", lang.t("ユーザー名", "User"), &settings.user)
        .with(
            "password",
            lang.t("パスワードの登録", "A password is kept"),
            yes(lang, !settings.password.is_empty()),
        )
        .with("from", lang.t("差出人", "From"), &settings.from)
        .with("from_name", lang.t("差出人の名前", "Name"), &settings.from_name)
        .with("domains", lang.t("送ってよいドメイン", "Domains"), settings.domains.join(", "))
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    let settings = settings::kept(&mut *app.store.read().await?).await?;
    render(&app, visit, settings, Unkept::default(), StatusCode::OK).await
}

async fn change(
    visit: SignedIn,
    State(app): State<People>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer {
    let permit = visit.permit(Deed::ManageBodies)?;
    let text = |name: &str| {
        fields.get(name).map_or("", String::as_str).trim().chars().take(254).collect::<String>()
    };
    let mut tx = app.write_as(&permit).await?;
    let before = settings::kept(&mut tx).await?;
    let lang = visit.ctx.lang;
    let seen = Seen::Form(fields.get("seen").map_or("", String::as_str));
    let changed = shown(lang, &before).unseen(lang, seen);
    let tls = match text("tls").as_str() {
        "implicit" => Tls::Implicit,
        "off" => Tls::Off,
        _ => Tls::Starttls,
    };
    let mut settings = Settings {
        on: fields.get("on").is_some_and(|value| value == "yes"),
        host: text("host"),
        port: text("port").parse().unwrap_or(0),
        tls,
        user: text("user"),
        from: text("from"),
        from_name: text("from_name"),
        domains: text("domains")
            .split([',', ' ', '、'])
            .filter(|one| !one.is_empty())
            .map(str::to_ascii_lowercase)
            .collect(),
        password: String::new(),
    };
    let typed = fields.get("password").map_or("", String::as_str);
    let password = match (typed.is_empty(), settings.may_keep_password_of(&before)) {
        (true, true) => {
            settings.password.clone_from(&before.password);
            "kept"
        }
        (true, false) if before.password.is_empty() => "none",
        (true, false) => "dropped",
        (false, _) => {
            settings.set_password(&app, typed)?;
            "set"
        }
    };
    let posted = fields.get("seen").cloned();
    if !changed.is_empty() {
        drop(tx);
        let unkept = Unkept { changed, posted, ..Unkept::default() };
        return render(&app, visit, settings, unkept, StatusCode::CONFLICT).await;
    }
    let faults = check(&settings, visit.ctx.lang);
    if !faults.is_empty() {
        drop(tx);
        let unkept = Unkept { faults, posted, ..Unkept::default() };
        return render(&app, visit, settings, unkept, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    settings::keep(&mut tx, &settings).await?;
    let event = permit.event(Kind::MAIL_CHANGED, &settings.host).with("password", password);
    let event = settings
        .changes(&before)
        .into_iter()
        .fold(event, |event, (key, value)| event.with(key, value));
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other(if password == "dropped" {
        "/admin/mail?done=mail-password"
    } else {
        "/admin/mail?done=saved"
    }))
}

fn check(settings: &Settings, lang: kit::http::Lang) -> Vec<&'static str> {
    let host_like = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let mut faults = Vec::new();
    if settings.on && (settings.host.is_empty() || !settings.host.chars().all(host_like)) {
        faults.push(
            lang.t(
                "メールサーバーの名前を入れてください。",
                "Please enter the mail server's name.",
            ),
        );
    }
    if settings.port == 0 {
        faults.push(lang.t("ポートは1〜65535の数字です。", "A port is a number from 1 to 65535."));
    }
    if settings.on && (!settings.from.is_ascii() || settings.from.parse::<Address>().is_err()) {
        faults.push(lang.t(
            "差出人のメールアドレスを入れてください。",
            "Please enter the address mail comes from.",
        ));
    }
    if settings.tls == Tls::Off && !settings.user.is_empty() {
        faults.push(lang.t(
            "暗号化しない接続では、ユーザー名とパスワードを使えません。",
            "Without TLS no user name and password can be used.",
        ));
    }
    faults
}

#[derive(Deserialize)]
struct Test {
    to: String,
}

/// Sends a mail at once, past the outbox, and shows what the server said.
async fn test(visit: SignedIn, State(app): State<People>, Form(test): Form<Test>) -> Answer {
    let permit = visit.permit(Deed::ManageBodies)?;
    app.limiter.take(TEST_MAIL, permit.body().as_str(), app.now()).map_err(Refusal::TooMany)?;
    let lang = visit.ctx.lang;
    // A mail cannot be taken back: who sends it is proved, and on record, before it goes.
    let mut tx = app.write_as(&permit).await?;
    let settings = settings::kept(&mut tx).await?;
    let event = permit.event(Kind::MAIL_TESTED, &settings.host).with("sent", "begun");
    tx.commit(Decision::new((), event)).await?;
    let to: String = test.to.trim().chars().take(254).collect();
    let allowed = settings.on && settings.permits(&to);
    let mail = Mail {
        id: MailId(app.random()),
        body: permit.body(),
        staff: permit.actor(),
        address: to,
        subject: format!("[{}] 試験メール", settings.name()),
        content: "メールの設定は正しく動いています。\nMail is set up correctly.\n".into(),
        queued: app.now(),
        due: app.now(),
        tries: 0,
        given_up: false,
        fault: String::new(),
    };
    let sent = if allowed {
        async {
            let mut line = Line::open(&app, &settings).await?;
            line.send(&app, &settings, &mail).await?;
            line.close().await;
            Ok::<_, Fault>(())
        }
        .await
    } else {
        Err(Fault::Never(
            lang.t(
                "メールが「使わない」になっているか、送れないドメインです。",
                "Mail is off, or may not go to this domain.",
            )
            .into(),
        ))
    };
    let typed = mail.address.clone();
    let tested = match sent {
        Ok(()) => (
            true,
            lang.t(
                "送信しました。届いたかご確認ください。",
                "Sent. Please look whether it has come.",
            )
            .to_owned(),
        ),
        Err(Fault::Server(said) | Fault::Later(said) | Fault::Never(said)) => (false, said),
    };
    let tx = app.write_as(&permit).await?;
    let event = permit.event(Kind::MAIL_TESTED, &settings.host).with("sent", tested.0);
    tx.commit(Decision::new((), event)).await?;
    let status = if tested.0 { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let to = if tested.0 { String::new() } else { typed };
    let unkept = Unkept { tested: Some(tested), to, ..Unkept::default() };
    render(&app, visit, settings, unkept, status).await
}

/// What is shown beside settings: of a test mail, or of settings that were not kept.
#[derive(Default)]
struct Unkept {
    faults: Vec<&'static str>,
    changed: Changed,
    /// What the form showed that was not kept.
    posted: Option<String>,
    tested: Option<(bool, String)>,
    /// Where a test mail was to go and did not.
    to: String,
}

async fn render(
    app: &People,
    visit: SignedIn,
    settings: Settings,
    unkept: Unkept,
    status: StatusCode,
) -> Answer {
    visit.permit(Deed::ManageBodies)?;
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let stands = shown(lang, &settings::kept(&mut conn).await?);
    let seen = unkept.changed.seen(unkept.posted.as_deref(), &stands);
    let (waiting, oldest) = store::mail::queue(&mut conn).await?;
    let undelivered = store::mail::given_up(&mut conn, LISTED).await?;
    drop(conn);
    let tls = [
        (
            "starttls",
            lang.t("STARTTLS（587番など）", "STARTTLS (port 587)"),
            settings.tls == Tls::Starttls,
        ),
        (
            "implicit",
            lang.t("最初から暗号化（465番など）", "TLS from the start (port 465)"),
            settings.tls == Tls::Implicit,
        ),
        (
            "off",
            lang.t("暗号化しない（同じ機器・庁内のみ）", "None (this machine or the office only)"),
            settings.tls == Tls::Off,
        ),
    ];
    let (has_password, domains) = (!settings.password.is_empty(), settings.domains.join(", "));
    page_with(
        status,
        Page {
            ctx: visit.ctx,
            settings,
            has_password,
            tls: tls.into(),
            domains,
            waiting,
            oldest,
            undelivered,
            faults: unkept.faults,
            tested: unkept.tested,
            to: unkept.to,
            seen,
            changed: unkept.changed,
        },
    )
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::ManageBodies);
    vec![
        get("/admin/mail", may, show),
        post("/admin/mail", may, change),
        post("/admin/mail/test", may, test),
    ]
}
