//! The menu: one line an entry, shown to whoever may reach it.

use people::Action;

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
    /// Whether it begins the part for administrators.
    pub first_of_admin: bool,
}

/// Path, right, Japanese, English, part. Append as pages come.
const ITEMS: &[(&str, Action, &str, &str, bool)] = &[
    ("/", Action::SeeTargets, "私のPC", "My PCs", false),
    ("/telework", Action::AskForTelework, "テレワーク", "Telework", false),
    ("/telework/team", Action::AskForTelework, "所属の予定", "Team calendar", false),
    ("/telework/month", Action::AskForTelework, "私の月間記録", "My month", false),
    ("/telework/approvals", Action::DecideTelework, "テレワークの承認", "Approvals", false),
    ("/telework/takeouts", Action::DecideTelework, "持ち出しの許可", "Taking out", false),
    ("/telework/things", Action::AskForTelework, "機器と持ち出し", "Things and papers", false),
    ("/exchange", Action::UseExchange, "調査・照会", "Surveys and notices", false),
    ("/devices", Action::PairDevice, "私の端末", "My devices", false),
    ("/admin/sessions", Action::SeeSessions, "接続の状況", "Live sessions", true),
    ("/admin/staff", Action::SeeStaff, "職員", "Staff", true),
    ("/admin/divisions", Action::ManageDivisions, "所属", "Divisions", true),
    ("/admin/pcs", Action::SeePcs, "PCと利用許可", "PCs and assignments", true),
    ("/admin/devices", Action::ManageDevices, "端末", "Devices", true),
    ("/admin/loans", Action::SeeLoans, "機器の貸出", "Loans", true),
    ("/admin/agents", Action::SeeAgents, "庁内の装置", "Office agents", true),
    ("/telework/works", Action::SeeWorks, "業務の棚卸し", "Work inventory", true),
    ("/telework/survey", Action::AnswerSurvey, "調査への算出回答", "Survey answers", true),
    ("/admin/telework", Action::ManageTelework, "テレワークの規則", "Telework rules", true),
    ("/admin/telework/close", Action::ManageTelework, "月次の締め", "Month close", true),
    ("/admin/telework/overtime", Action::ManageTelework, "時間外勤務", "Overtime", true),
    ("/admin/telework/year", Action::ManageTelework, "テレワークの統計", "Telework in figures", true),
    ("/admin/telework/allowance", Action::ManageTelework, "在宅勤務等手当", "Allowance", true),
    ("/admin/telework/export", Action::ManageTelework, "給与・出勤簿", "Payroll and attendance", true),
    ("/admin/telework/people", Action::ManageTelework, "テレワークの職員", "Telework people", true),
    ("/admin/exchange", Action::ManageExchange, "調査・照会の窓口", "Survey desks", true),
    ("/exchange/forms", Action::ManageExchange, "調査票", "Survey forms", true),
    ("/admin/policy", Action::SeePolicy, "規則", "Policies", true),
    ("/admin/audit", Action::SeeAudit, "監査記録", "Audit record", true),
    ("/admin/tokens", Action::ManageTokens, "APIトークン", "API tokens", true),
    ("/admin/mail", Action::ManageBodies, "メール", "Mail", true),
    ("/admin/bodies", Action::ManageBodies, "団体", "Bodies", true),
    ("/exchange/lineage", Action::ManageBodies, "合併・名称変更", "Mergers and renames", true),
    ("/exchange/servers", Action::ManageBodies, "サーバー間の受け渡し", "Between servers", true),
];

pub(super) fn items(ctx: &Ctx) -> Vec<NavItem> {
    let Some(actor) = &ctx.actor else { return Vec::new() };
    let mut admin_begun = false;
    let mut items = Vec::new();
    for (href, action, ja, en, admin) in ITEMS {
        let reach = actor.widest(*action);
        // What is one's own is shown on one's own pages; the administration's lists need more than that.
        let shown = if *admin { reach.is_some_and(|reach| reach > people::Reach::Own) } else { reach.is_some() };
        if !shown {
            continue;
        }
        let current = if *href == "/" { ctx.path == "/" } else { ctx.path == *href || ctx.path.starts_with(&format!("{href}/")) };
        let text = match ctx.lang {
            super::Lang::Ja => ja,
            super::Lang::En => en,
        };
        items.push(NavItem { href, text, current, first_of_admin: *admin && !admin_begun });
        admin_begun |= *admin;
    }
    // A page below two entries belongs to the nearer one.
    let nearest = items.iter().filter(|item| item.current).map(|item| item.href.len()).max();
    for item in &mut items {
        item.current &= Some(item.href.len()) == nearest;
    }
    items
}
