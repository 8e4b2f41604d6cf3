//! The menu: one line an entry, shown to whoever may reach it.

use people::Deed;

use super::Ctx;

/// An entry of the menu.
#[derive(Clone, Debug)]
pub struct NavItem {
    /// Path.
    pub href: &'static str,
    /// Text in the page's language.
    pub text: &'static str,
    /// Whether this page is it.
    pub current: bool,
    /// The heading of the part it begins.
    pub begins: Option<&'static str>,
    /// How much waits there for the visitor.
    pub count: usize,
}

/// Parts of the menu, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// One's own.
    Own,
    /// 所属長
    Lead,
    /// 業務と調査
    Work,
    /// 勤務の管理
    Days,
    /// 接続の管理
    Connections,
    /// 団体の設定
    Body,
}

impl Part {
    fn heading(self, lang: super::Lang) -> Option<&'static str> {
        Some(match self {
            Self::Own => return None,
            Self::Lead => lang.t("承認", "To decide"),
            Self::Work => lang.t("業務と調査", "Work and surveys"),
            Self::Days => lang.t("勤務の管理", "Days and pay"),
            Self::Connections => lang.t("接続の管理", "Connections"),
            Self::Body => lang.t("団体の設定", "The body"),
        })
    }
}

/// Path, right, Japanese, English, part. Append to their part as pages come.
const ITEMS: &[(&str, Deed, &str, &str, Part)] = &[
    ("/", Deed::SeeTargets, "私のPC", "My PCs", Part::Own),
    ("/telework", Deed::AskForTelework, "テレワーク", "Telework", Part::Own),
    ("/telework/team", Deed::AskForTelework, "所属の予定", "Team calendar", Part::Own),
    ("/telework/month", Deed::AskForTelework, "私の月間記録", "My month", Part::Own),
    ("/telework/things", Deed::AskForTelework, "機器と持ち出し", "Things and papers", Part::Own),
    ("/telework/papers", Deed::AskForTelework, "実施要領と様式", "Rules and forms", Part::Own),
    ("/exchange", Deed::UseExchange, "調査・照会", "Surveys and notices", Part::Own),
    ("/devices", Deed::PairDevice, "私の端末", "My devices", Part::Own),
    ("/telework/approvals", Deed::DecideTelework, "テレワークの承認", "Approvals", Part::Lead),
    ("/telework/takeouts", Deed::DecideTelework, "持ち出しの許可", "Taking out", Part::Lead),
    ("/telework/works", Deed::SeeWorks, "業務の棚卸し", "Work inventory", Part::Work),
    ("/telework/survey", Deed::AnswerSurvey, "調査への算出回答", "Survey answers", Part::Work),
    ("/admin/exchange", Deed::ManageExchange, "調査・照会の窓口", "Survey desks", Part::Work),
    ("/exchange/forms", Deed::ManageExchange, "調査票", "Survey forms", Part::Work),
    ("/admin/telework/close", Deed::ManageTelework, "月次の締め", "Month close", Part::Days),
    ("/admin/telework/overtime", Deed::ManageTelework, "時間外勤務", "Overtime", Part::Days),
    ("/admin/telework/allowance", Deed::ManageTelework, "在宅勤務等手当", "Allowance", Part::Days),
    (
        "/admin/telework/export",
        Deed::ManageTelework,
        "給与・出勤簿",
        "Payroll and attendance",
        Part::Days,
    ),
    (
        "/admin/telework/year",
        Deed::ManageTelework,
        "テレワークの統計",
        "Telework in figures",
        Part::Days,
    ),
    (
        "/admin/telework/people",
        Deed::ManageTelework,
        "テレワークの職員",
        "Telework people",
        Part::Days,
    ),
    ("/admin/telework", Deed::ManageTelework, "テレワークの規則", "Telework rules", Part::Days),
    ("/admin/sessions", Deed::SeeSessions, "接続の状況", "Live sessions", Part::Connections),
    ("/admin/pcs", Deed::SeePcs, "PCと利用許可", "PCs and assignments", Part::Connections),
    ("/admin/devices", Deed::ManageDevices, "端末", "Devices", Part::Connections),
    ("/admin/loans", Deed::SeeLoans, "機器の貸出", "Loans", Part::Connections),
    ("/admin/agents", Deed::SeeAgents, "庁内の装置", "Office agents", Part::Connections),
    ("/admin/staff", Deed::SeeStaff, "職員", "Staff", Part::Body),
    ("/admin/divisions", Deed::ManageDivisions, "所属", "Divisions", Part::Body),
    ("/admin/changes", Deed::SeeChanges, "確認待ちの変更", "Changes that wait", Part::Body),
    ("/admin/policy", Deed::SeePolicy, "規則", "Policies", Part::Body),
    ("/admin/tokens", Deed::ManageTokens, "APIトークン", "API tokens", Part::Body),
    ("/admin/mail", Deed::ManageBodies, "メール", "Mail", Part::Body),
    ("/admin/audit", Deed::SeeAudit, "監査記録", "Audit record", Part::Body),
    ("/admin/bodies", Deed::ManageBodies, "団体", "Bodies", Part::Body),
    ("/exchange/lineage", Deed::ManageBodies, "合併・名称変更", "Mergers and renames", Part::Body),
    (
        "/exchange/servers",
        Deed::ManageBodies,
        "サーバー間の受け渡し",
        "Between servers",
        Part::Body,
    ),
];

pub(super) fn items(ctx: &Ctx) -> Vec<NavItem> {
    let Some(actor) = &ctx.actor else { return Vec::new() };
    let mut last = Part::Own;
    let mut items = Vec::new();
    for (href, deed, ja, en, part) in ITEMS {
        let reach = actor.widest(*deed);
        // What is one's own is shown on one's own pages; the other lists need more than that.
        let own = matches!(part, Part::Own | Part::Lead);
        let shown = if own {
            reach.is_some()
        } else {
            reach.is_some_and(|reach| reach > people::Reach::Own)
        };
        if !shown {
            continue;
        }
        let current = if *href == "/" {
            ctx.path == "/"
        } else {
            ctx.path == *href || ctx.path.starts_with(&format!("{href}/"))
        };
        let text = match ctx.lang {
            super::Lang::Ja => ja,
            super::Lang::En => en,
        };
        let count = if *deed == Deed::SeeChanges { ctx.waiting } else { 0 };
        items.push(NavItem {
            href,
            text,
            current,
            begins: part.heading(ctx.lang).filter(|_| *part != last),
            count,
        });
        last = *part;
    }
    // A page below two entries belongs to the nearer one.
    let nearest = items.iter().filter(|item| item.current).map(|item| item.href.len()).max();
    for item in &mut items {
        item.current &= Some(item.href.len()) == nearest;
    }
    items
}
