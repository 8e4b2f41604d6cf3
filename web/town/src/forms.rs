//! Forms of our pages as a browser reads them: what it sends if nobody types anything.

use super::{Browser, ORIGIN, Reply};

/// A form of a page, with what its fields hold.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Where it goes.
    pub action: String,
    /// Names and values, in the order of the page; of a button nothing.
    pub fields: Vec<(String, String)>,
}

impl Sheet {
    /// What a field holds.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same form with something else in a field, or a button pressed.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut sheet = self.clone();
        sheet.fields.retain(|(known, _)| known != name);
        sheet.fields.push((name.to_owned(), value.to_owned()));
        sheet
    }
}

/// Every form of a page that is posted.
pub fn sheets(html: &str) -> Vec<Sheet> {
    let mut all: Vec<Sheet> = Vec::new();
    let mut rest = html;
    let (mut inside, mut select, mut chosen) = (false, String::new(), false);
    while let Some(at) = rest.find('<') {
        let Some(end) = end_of_tag(&rest[at..]) else { break };
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        match (name, all.last_mut().filter(|_| inside)) {
            ("form", _) => {
                inside = attribute(tag, "method").is_some_and(|method| method == "post");
                if inside {
                    all.push(Sheet {
                        action: attribute(tag, "action").unwrap_or_default(),
                        fields: Vec::new(),
                    });
                }
            }
            ("", _) if tag.starts_with("/form") => inside = false,
            ("input", Some(sheet)) => sheet.fields.extend(input(tag)),
            ("textarea", Some(sheet)) => {
                let text = rest.split("</textarea").next().unwrap_or_default();
                rest = &rest[text.len()..];
                let text = plain(text.strip_prefix('\n').unwrap_or(text));
                sheet.fields.extend(attribute(tag, "name").map(|name| (name, text)));
            }
            ("select", Some(_)) => {
                (select, chosen) = (attribute(tag, "name").unwrap_or_default(), false)
            }
            ("option", Some(sheet)) if !select.is_empty() => {
                let is = attribute(tag, "selected").is_some();
                let value = attribute(tag, "value").unwrap_or_default();
                let first = !sheet.fields.iter().any(|(known, _)| *known == select);
                if first {
                    sheet.fields.push((select.clone(), value));
                } else if is && !chosen {
                    *sheet = sheet.with(&select, &value);
                } else if is {
                    sheet.fields.push((select.clone(), value));
                }
                chosen |= is;
            }
            _ => {}
        }
    }
    all
}

/// A field of a form as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// `type` of an input, `textarea`, `select` or `button`.
    pub kind: String,
    /// What it holds or sends; of a select the chosen option.
    pub value: String,
    /// Of a box or a radio button whether it is ticked.
    pub ticked: bool,
    /// Whether a browser sends nothing without it.
    pub required: bool,
    /// Of a select what can be chosen.
    pub options: Vec<String>,
}

/// Every form of a page that is posted, with every field a person or the page fills in, ticked or
/// not, and its buttons that send something; of files nothing.
pub fn fields(html: &str) -> Vec<(String, Vec<Field>)> {
    let mut all: Vec<(String, Vec<Field>)> = Vec::new();
    let (mut rest, mut inside) = (html, false);
    while let Some(at) = rest.find('<') {
        let Some(end) = end_of_tag(&rest[at..]) else { break };
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        let kind = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        if kind == "form" {
            inside = attribute(tag, "method").is_some_and(|method| method == "post");
            if inside {
                all.push((attribute(tag, "action").unwrap_or_default(), Vec::new()));
            }
            continue;
        }
        inside &= !tag.starts_with("/form");
        let Some((_, fields)) = all.last_mut().filter(|_| inside) else { continue };
        if kind == "option" {
            let (value, chosen) =
                (attribute(tag, "value").unwrap_or_default(), attribute(tag, "selected").is_some());
            if let Some(select) = fields.last_mut().filter(|field| field.kind == "select") {
                if chosen || select.options.is_empty() {
                    select.value.clone_from(&value);
                }
                select.options.push(value);
            }
            continue;
        }
        let Some(name) = attribute(tag, "name").filter(|_| attribute(tag, "disabled").is_none())
        else {
            continue;
        };
        let input = attribute(tag, "type").unwrap_or_else(|| "text".to_owned());
        let (kind, value) = match kind {
            "input" => (input, attribute(tag, "value").unwrap_or_default()),
            "select" => ("select".to_owned(), String::new()),
            "button" => ("button".to_owned(), attribute(tag, "value").unwrap_or_default()),
            "textarea" => {
                let text = rest.split("</textarea").next().unwrap_or_default();
                ("textarea".to_owned(), plain(text.strip_prefix('\n').unwrap_or(text)))
            }
            _ => continue,
        };
        let kind = if attribute(tag, "hidden").is_some() { "hidden".to_owned() } else { kind };
        if !matches!(kind.as_str(), "submit" | "file") {
            let required = attribute(tag, "required").is_some();
            let ticked = attribute(tag, "checked").is_some();
            fields.push(Field { name, kind, value, ticked, required, options: Vec::new() });
        }
    }
    all
}

/// What an `input` sends: nothing of what is not ticked.
fn input(tag: &str) -> Option<(String, String)> {
    let kind = attribute(tag, "type").unwrap_or_default();
    let ticked =
        !matches!(kind.as_str(), "checkbox" | "radio") || attribute(tag, "checked").is_some();
    let sent = ticked && !matches!(kind.as_str(), "submit" | "button" | "file");
    let on = if matches!(kind.as_str(), "checkbox" | "radio") { "on" } else { "" };
    let name = attribute(tag, "name").filter(|_| sent && attribute(tag, "disabled").is_none())?;
    Some((name, attribute(tag, "value").unwrap_or_else(|| on.to_owned())))
}

/// Where a tag ends, past the signs in its attributes.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}

fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let mut rest = tag.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() {
            return None;
        }
        let (value, after) = match rest[end..].strip_prefix("=\"") {
            Some(value) => value.split_once('"').unwrap_or((value, "")),
            None => ("", rest[end..].trim_start_matches('=')),
        };
        if name == wanted {
            return Some(plain(value));
        }
        rest = after;
    }
}

/// Text without the escapes of our templates.
fn plain(text: &str) -> String {
    let signs = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    signs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

impl Browser {
    /// The forms of a page that go to `path`.
    pub async fn sheets(&mut self, page: &str, path: &str) -> Vec<Sheet> {
        let reply = self.get(page).await;
        sheets(reply.text()).into_iter().filter(|sheet| sheet.action == path).collect()
    }

    /// What the form that goes to `path` shows on `page`, as the browser sends it back.
    pub async fn seen(&mut self, page: &str, path: &str) -> Option<String> {
        self.seen_of(page, path, &[]).await
    }

    /// The same of the one of several that holds most of these fields.
    pub(super) async fn seen_of(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Option<String> {
        let of = |sheet: &Sheet| {
            fields.iter().filter(|(name, value)| sheet.value(name) == Some(value)).count()
        };
        let all = self.sheets(page, path).await;
        let mut likely: Option<&Sheet> = None;
        for sheet in all.iter().filter(|sheet| sheet.value("seen").is_some()) {
            if likely.is_none_or(|known| of(sheet) > of(known)) {
                likely = Some(sheet);
            }
        }
        likely.and_then(|sheet| sheet.value("seen")).map(str::to_owned)
    }

    /// A form as it stands, with the token of now.
    pub async fn submit(&mut self, sheet: &Sheet) -> Reply {
        let csrf = self.csrf.clone();
        let sheet = sheet.with("csrf", &csrf);
        let fields: Vec<(&str, &str)> =
            sheet.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post_raw(&sheet.action, &fields, Some(ORIGIN)).await
    }
}

/// The page of a form that carries what it showed.
pub(super) fn page_of(path: &str, fields: &[(&str, &str)]) -> Option<String> {
    let id = |path: &str| path.len() == 32 && path.bytes().all(|byte| byte.is_ascii_hexdigit());
    let under =
        |start: &str, end: &str| path.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    let field = |wanted: &str| {
        fields.iter().find(|(name, _)| *name == wanted).map_or("", |(_, value)| value)
    };
    let month = || field("day").get(..7).unwrap_or_default();
    let asked = |names: &[&str]| {
        let query: Vec<(&str, &str)> = names.iter().map(|name| (*name, field(name))).collect();
        format!("{path}?{}", serde_urlencoded::to_string(query).unwrap())
    };
    if path.starts_with("/admin/policy/") {
        return Some("/admin/policy".to_owned());
    }
    if let Some(pc) = under("/admin/pcs/", "/name") {
        return Some(format!("/admin/pcs/{pc}"));
    }
    if let Some(person) = under("/admin/telework/people/", "/reason") {
        return Some(format!("/admin/telework/people/{person}/month?month={}", month()));
    }
    if let Some(work) =
        under("/telework/works/", "/decide").or_else(|| under("/telework/works/", "/staff"))
    {
        return Some(format!("/telework/works/{work}"));
    }
    if let Some(rule) = under("/telework/works/rules/", "") {
        let page = if rule == "reset" { String::new() } else { format!("/{rule}") };
        return (rule != "new" && !rule.contains('/'))
            .then(|| format!("/telework/works/rules{page}"));
    }
    let one = [
        "/admin/staff/",
        "/admin/divisions/",
        "/admin/devices/",
        "/admin/telework/people/",
        "/admin/loans/",
    ]
    .iter()
    .any(|start| path.strip_prefix(start).is_some_and(id));
    let work = under("/telework/works/", "").is_some_and(|work| work.parse::<u32>().is_ok());
    let itself = matches!(
        path,
        "/admin/exchange"
            | "/admin/telework"
            | "/admin/mail"
            | "/admin/telework/export"
            | "/account/notices"
    );
    match path {
        "/telework/report" => Some("/telework".to_owned()),
        survey if survey.starts_with("/telework/survey/") => Some(asked(&["from", "to"])),
        "/exchange/lineage" => Some(asked(&["body", "on"])),
        "/exchange/newcomers" => Some(asked(&["code"])),
        "/telework/month/reason" => Some(format!("/telework/month?month={}", month())),
        _ => (one || work || itself).then(|| path.to_owned()),
    }
}

#[test]
fn a_form_is_read_as_a_browser_sends_it() {
    let page = "<form method=\"get\" action=\"/x\"><input name=\"q\"></form>\
        <form class=\"a > b\" method=\"post\" action=\"/y\"><input type=\"hidden\" name=\"seen\" \
        value=\"{&#34;a&#34;:1}\">\
        <input name=\"text\" value=\"1\" required><input type=\"checkbox\" name=\"no\"><input \
        type=\"checkbox\" name=\"yes\" checked>\
        <select name=\"one\"><option value=\"\">-</option><option value=\"b\" \
        selected>b</option></select>\
        <textarea name=\"long\">\na\n&#60;b&#62;</textarea><button name=\"do\" \
        value=\"it\">x</button></form>";
    let all = sheets(page);
    let fields: Vec<(&str, &str)> =
        all[0].fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let wanted =
        [("seen", "{\"a\":1}"), ("text", "1"), ("yes", "on"), ("one", "b"), ("long", "a\n<b>")];
    assert_eq!((all.len(), fields), (1, wanted.to_vec()));
}
