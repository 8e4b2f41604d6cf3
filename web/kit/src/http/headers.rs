//! After every handler: the protections, and a page (or JSON) for what was refused.

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::cookie::cookie;
use super::{Ctx, Lang};
use crate::chart::grouped;
use crate::error::Most;
use crate::error::Refused;
use crate::parts::Kit;
use crate::parts::Site;

/// The policy of every page: nothing inline, nothing from elsewhere; relays are the only foreign
/// places to connect to.
#[must_use]
pub fn content_policy(site: &Site) -> String {
    let mut relays = String::new();
    for relay in &site.relays {
        relays.push(' ');
        relays.push_str(relay);
    }
    // A browser takes 'self' in connect-src for WebSockets too only when it is recent: name our
    // own.
    let own = site.origin.replacen("http", "ws", 1);
    format!(
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src \
         'self' blob: data:; font-src 'self'; \
         connect-src 'self' {own}{relays}; form-action 'self'; base-uri 'none'; frame-ancestors \
         'none'"
    )
}

pub async fn finish(State(kit): State<Kit>, request: Request, next: Next) -> Response {
    let lang = Lang::chosen(cookie(request.headers(), "noren-lang").as_deref());
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    if let Some(why) = response.extensions_mut().remove::<Refused>() {
        response = refused(response, why, lang, &path, kit.now());
    }
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&content_policy(&kit.site)) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    for (name, value) in FIXED {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if kit.site.secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

const FIXED: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=(), \
         fullscreen=(self), keyboard-map=(self)",
    ),
    ("x-frame-options", "DENY"),
    // Pages show people and PCs: nothing of them stays in a shared computer's cache.
    ("cache-control", "no-store"),
];

#[derive(Template)]
#[template(path = "refused.html")]
struct Page {
    ctx: Ctx,
    title: &'static str,
    text: String,
}

fn refused(response: Response, why: Refused, lang: Lang, path: &str, now: i64) -> Response {
    let code = why.code;
    let status = response.status();
    let retry = response.headers().get(header::RETRY_AFTER).cloned();
    let (title, text) = words(status, code, lang);
    let text = match why {
        Refused { from: Some(from), .. } => opens(lang, from),
        Refused { most: Some(most), .. } => limited(lang, most),
        _ => text.to_owned(),
    };
    let machine =
        path.starts_with("/api/") || path.starts_with("/agent/") || path.starts_with("/relay");
    let mut answer = if machine {
        let body = serde_json::json!({ "error": code, "message": text }).to_string();
        (status, [(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
    } else {
        let (csrf, path) = (String::new(), path.to_owned());
        let ctx = Ctx {
            lang,
            csrf,
            actor: None,
            body_name: "".into(),
            path,
            notice: None,
            now,
            waiting: 0,
        };
        match (Page { ctx, title, text }).render() {
            Ok(html) => {
                (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
            }
            Err(_) => status.into_response(),
        }
    };
    if let Some(retry) = retry {
        answer.headers_mut().insert(header::RETRY_AFTER, retry);
    }
    answer
}

/// When the PC opens, by the clock in Tokyo.
fn opens(lang: Lang, from: i64) -> String {
    let at = crate::time::civil(from);
    match lang {
        Lang::Ja => {
            format!("承認された時間の前です。{}:{:02}から開けます。", at.hour(), at.minute())
        }
        Lang::En => format!("It opens at {:02}:{:02}.", at.hour(), at.minute()),
    }
}

/// How much there may be, in words.
fn limited(lang: Lang, most: Most) -> String {
    let number = |count: usize| grouped(u64::try_from(count).unwrap_or(u64::MAX));
    let bytes = |count: usize| match count {
        count if count.is_multiple_of(1 << 20) => format!("{}MB", count >> 20),
        count if count.is_multiple_of(1 << 10) => format!("{}KB", count >> 10),
        count => format!("{}{}", number(count), lang.t("バイト", " bytes")),
    };
    match (lang, most) {
        (Lang::Ja, Most::Bytes(count)) => {
            format!("{}まで受け付けます。小さくしてから、もう一度お試しください。", bytes(count))
        }
        (Lang::En, Most::Bytes(count)) => {
            format!("At most {} can be sent. Please make it smaller and try again.", bytes(count))
        }
        (Lang::Ja, Most::Fields(count)) => format!("項目は{}個まで受け付けます。", number(count)),
        (Lang::En, Most::Fields(count)) => format!("At most {} fields can be sent.", number(count)),
        (Lang::Ja, Most::Pages(count)) => {
            format!("PDFは{count}ページまで作成できます。対象や期間を分けてください。")
        }
        (Lang::En, Most::Pages(count)) => {
            format!(
                "A PDF has at most {count} pages. Please ask for fewer people or a shorter time."
            )
        }
    }
}

fn words(status: StatusCode, code: &str, lang: Lang) -> (&'static str, &'static str) {
    let pick = |ja: (&'static str, &'static str), en: (&'static str, &'static str)| {
        if lang == Lang::Ja { ja } else { en }
    };
    match (status.as_u16(), code) {
        (404, _) => pick(
            (
                "ページが見つかりません",
                "アドレスが正しいかご確認ください。権限のないページも、この表示になります。",
            ),
            (
                "Page not found",
                "Please check the address. Pages you have no right to look the same.",
            ),
        ),
        (401, _) => pick(
            ("サインインが必要です", "もう一度サインインしてください。"),
            ("Please sign in", "Your sign-in has ended."),
        ),
        (403, "csrf") => pick(
            (
                "画面の有効期限が切れました",
                "前の画面にもどって読み込みなおし、もう一度お試しください。",
            ),
            ("This page has expired", "Go back, reload, and try again."),
        ),
        (403, "prove_first") => pick(
            (
                "本人確認が必要です",
                "前の画面にもどり、本人確認をしてから、もう一度お試しください。",
            ),
            ("Please prove who you are", "Go back, prove your factors again, and try once more."),
        ),
        (403, "held_by_operator") => pick(
            (
                "サーバーの運用者が停止しています",
                "停止が解除されるまで、できるのは、見ることと、止めること（利用の停止・失効・終了・サインアウト）だけです。運用者に連絡してください。",
            ),
            (
                "The operator of this server stopped this body",
                "Until they lift it one can look, and stop, revoke and end; nothing else. Please \
                 ask them.",
            ),
        ),
        (403, "stopped_by_operator") => pick(
            (
                "この停止は解除できません",
                "サーバーの運用者が停止しました。解除できるのは運用者だけです。運用者に連絡してください。",
            ),
            (
                "You cannot lift this stop",
                "The operator of this server made it. Only an operator can lift it: please ask \
                 them.",
            ),
        ),
        (403, "telework_none") => pick(
            (
                "今日のテレワークの申請がありません",
                "「テレワーク」の画面から申請し、所属長の承認を受けてください。",
            ),
            ("No telework day today", "Ask for it under Telework and have it approved."),
        ),
        (403, "telework_waiting") => pick(
            ("今日の申請は承認待ちです", "お急ぎのときは、所属長に承認をお願いしてください。"),
            ("Today's request waits for approval", "Please ask your superior to approve it."),
        ),
        (403, "telework_not_approved") => pick(
            ("今日の申請は承認されていません", "「テレワーク」の画面で理由を確かめてください。"),
            ("Today's request was not approved", "See the reason under Telework."),
        ),
        (403, "telework_early") => pick(
            (
                "まだ開けません",
                "承認された時間になると開けます。時間は「テレワーク」の画面にあります。",
            ),
            ("Not yet", "It opens at the approved time; see Telework."),
        ),
        (403, "telework_over") => pick(
            (
                "承認された時間は終わりました",
                "続けるときは、所属長に相談し、時間の追加を申請してください。",
            ),
            ("The approved hours are over", "Ask for more time under Telework."),
        ),
        (403, "scope") => pick(
            ("このトークンではできません", "トークンに必要な権限（scope）がありません。"),
            ("Not with this token", "The token lacks the scope for this call."),
        ),
        (403, "second_person") => pick(
            (
                "ほかの担当者の確認が必要です",
                "あなたは確認できません。理由は「確認待ちの変更」に表示されています。ほかの情報担当か人事担当に、そのページを開いてもらってください。",
            ),
            (
                "Another officer confirms this",
                "You cannot; \"Changes that wait\" says why. Ask another officer of IT or HR.",
            ),
        ),
        (409, "changed") => pick(
            (
                "ほかの方が先に変更しました",
                "いまの内容を読み込みなおし、確かめてから、もう一度お試しください。",
            ),
            ("Somebody changed it meanwhile", "Read what stands now, and try again."),
        ),
        (408, _) => pick(
            ("送信が途中で止まりました", "通信の状態をご確認のうえ、もう一度お試しください。"),
            ("The request stopped half-way", "Please check your connection and try again."),
        ),
        (413, _) => pick(
            ("大きすぎます", "大きさの上限をご確認ください。"),
            ("Too large", "Please check the limit."),
        ),
        (429, _) => pick(
            (
                "しばらくお待ちください",
                "短い時間に何度も操作がありました。少し時間をおいてお試しください。",
            ),
            ("Please wait a moment", "There were too many tries in a short time."),
        ),
        (503, "record_rolled_back") => pick(
            (
                "サーバーは閉じています",
                "データが古い控えに戻っているおそれがあるため、だれも利用できないようにしています。\
                 情報担当またはサーバーの管理者にご連絡ください。出勤しての業務は続けられます。",
            ),
            (
                "The server is closed",
                "Its data may be an older copy, so nobody can use it until this is put right. \
                 Please tell IT or whoever runs the server.",
            ),
        ),
        (503, "verifying") => pick(
            (
                "いま検証しています",
                "同じ記録、またはほかの記録の検証が行われています。終わるまで少しお待ちください。",
            ),
            (
                "A verification is under way",
                "This record or others are being verified. Please try again in a moment.",
            ),
        ),
        (503, "paper_font") => pick(
            (
                "PDFを作成できません",
                "サーバーに日本語フォント（fonts-noto-cjk）がありません。情報担当にご連絡ください。",
            ),
            (
                "No PDF can be made",
                "This server has no Japanese font (fonts-noto-cjk). Please tell IT.",
            ),
        ),
        (503, "paper_press") => pick(
            (
                "PDFを作成できません",
                "PDFを作るプログラム（noren-press）がサーバーにありません。情報担当にご連絡ください。",
            ),
            (
                "No PDF can be made",
                "noren-press is not installed beside this server. Please tell IT.",
            ),
        ),
        (503, "sheets_busy") => pick(
            ("ファイルの読み取りが混み合っています", "少し時間をおいて、もう一度お試しください。"),
            ("Too many files at once", "Please try again in a moment."),
        ),
        (503, "sign_in_busy") => pick(
            (
                "サインインが混み合っています",
                "少し時間をおいて、もう一度お試しください。パスキーを登録している方は、パスキーでサインインできます。",
            ),
            (
                "Too many people are signing in",
                "Please try again in a moment. With a passkey you can sign in now.",
            ),
        ),
        (503, "paper_own") => pick(
            ("前のPDFを作成しています", "先に頼んだPDFができてから、もう一度お試しください。"),
            ("Your other PDFs are being made", "Please ask again when they are done."),
        ),
        (503, "paper_busy") => pick(
            ("PDFの作成が混み合っています", "少し時間をおいて、もう一度お試しください。"),
            ("Too many PDFs at once", "Please try again in a moment."),
        ),
        (507, _) => pick(
            (
                "保存できませんでした",
                "サーバーの空き容量がありません。これまでに保存された内容は失われていません。情報担当にご連絡ください。",
            ),
            (
                "It could not be saved",
                "The server's disk is full. Nothing saved before is lost. Please tell IT.",
            ),
        ),
        (503, _) => pick(
            (
                "いま利用できません",
                "サーバーの準備ができていません。少し時間をおいてお試しください。保存された内容は失われていません。",
            ),
            ("Not available right now", "Please try again in a moment. Nothing saved is lost."),
        ),
        (409, _) => pick(
            ("登録済みです", "同じものがすでに登録されています。"),
            ("Already there", "The same thing is already registered."),
        ),
        (400 | 403 | 415 | 422, _) => pick(
            ("操作を受け付けられません", "前の画面にもどってお試しください。"),
            ("This cannot be done", "Go back and try again."),
        ),
        _ => pick(
            ("うまくいきませんでした", "お手数ですが、情報担当にご連絡ください。"),
            ("Something went wrong", "Please tell IT."),
        ),
    }
}
