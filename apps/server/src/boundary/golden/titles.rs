//! Every page somebody may open: its title and its heading, in both languages, for each role.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use exchange::case::{Stage, State};
use exchange::form::shipped;
use people::{AgentId, DeviceId, MINISTRY, Posture};
use store::agents::Agent;
use store::devices::Device;

use crate::boundary::routes::{Things, things};
use kit::http::{Access, Method};

use crate::boundary::country::{self, PREFECTURE, TOWN, change, small_survey};
use crate::routes::listed;
use crate::testing::{Browser, HOME, Reply, Town};

const HEAD: &str = "\
# Every page somebody may open: title / heading, in Japanese and in English, for each of the people
# who see it so. Nobody: it is there for none of them. Held by a test.
";

/// What one person sees at an address: the status, and the words.
type Sight = (u16, String);

#[tokio::test]
async fn the_pages_and_their_titles_are_the_file() {
    let mut text = HEAD.to_owned();
    text.push_str("\n## A server without anybody\n");
    let empty = Town::empty().await;
    let mut stranger = vec![("stranger", empty.browser())];
    for path in pages().into_iter().filter(|path| !path.contains('{')) {
        let sights = looked(&mut stranger, path).await;
        if sights[0].1.0 == 200 {
            write_page(&mut text, path, &sights);
        }
    }
    text.push_str("\n## A town\n");
    a_town(&mut text).await;
    text.push_str("\n## Ministry, prefecture, town: cases published, answered, received, begun\n");
    a_country(&mut text).await;
    super::same("titles.txt", &text);
}

/// Pages, not files nor what scripts ask for.
fn pages() -> BTreeSet<&'static str> {
    let by_people = |access| !matches!(access, Access::Api(_) | Access::Machine);
    let got = listed().into_iter().filter(|route| route.method == Method::Get);
    let file = |path: &str| {
        path.starts_with("/api/")
            || path.ends_with(".xlsx")
            || path.ends_with("/file")
            || ["{name}", "{job}", "{*path}"].iter().any(|place| path.contains(place))
    };
    let pages = got.filter(|route| by_people(route.access)).map(|route| route.path);
    pages.filter(|path| !file(path)).collect()
}

async fn a_town(text: &mut String) {
    let town = Town::new().await;
    let (things, device) = furnished(&town).await;
    let loan = lent(&town).await;
    let staff = town.person(HOME, "staff1").await.id.to_string();
    let filled = |path: &str| {
        let ids = [
            ("/admin/staff/", &staff),
            ("/telework/people/", &staff),
            ("/admin/telework/people/", &staff),
            ("/exchange/cases/", &things.case),
            ("/admin/divisions/", &things.division),
            ("/admin/pcs/", &things.pc),
            ("/session/", &things.pc),
            ("/admin/devices/", &device),
            ("/admin/loans/", &loan),
        ];
        let thing = ids.iter().find(|(start, _)| path.starts_with(start));
        let id = thing.map_or("1", |(_, id)| id.as_str());
        let named = path.replace("{id}", id).replace("{target}", id).replace("{body}", HOME);
        named.replace("{key}", "counter").replace("{code}", "able")
    };
    let mut people = vec![("stranger", town.browser())];
    for login in ["staff1", "superior1", "it1", "hr1", "auditor1"] {
        people.push((login, town.sign_in(login).await));
    }
    for path in pages() {
        let sights = looked(&mut people, &filled(path)).await;
        write_page(text, path, &sights);
    }
    // What asks for the factors again, once the last proof is old.
    town.clock.advance(16 * 60_000);
    let sights = looked(&mut people, "/prove?next=/account").await;
    write_page(text, "/prove, sixteen minutes later", &sights);
}

/// A town with something at every address: a division that is led, a PC, a device, a piece of work.
async fn furnished(town: &Town) -> (Things, String) {
    let things = things(town).await;
    let mut staff = town.person(HOME, "staff1").await;
    let superior = town.person(HOME, "superior1").await;
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let mut division = store::divisions::all(&mut tx, staff.body).await.unwrap().remove(0);
    division.superior = Some(superior.id);
    staff.division = Some(division.id);
    assert!(store::divisions::change(&mut tx, &division).await.unwrap());
    assert!(store::staff::change(&mut tx, &staff).await.unwrap());
    let agent = Agent {
        id: AgentId([6; 16]),
        body: staff.body,
        number: 7,
        name: "庁舎".into(),
        version: "1".into(),
        channel_key: [1; 32],
        control_key: [2; 32],
        enrolled: 1,
        seen: 0,
        revoked: 0,
        epoch: 0,
        reported: 0,
    };
    store::agents::add(&mut tx, &agent).await.unwrap();
    let device = Device {
        id: DeviceId([0xdd; 16]),
        body: staff.body,
        staff: staff.id,
        key: [3; 32],
        name: "貸与ノート".into(),
        user_agent: "test".into(),
        paired: 1,
        used: 0,
        revoked: 0,
        posture: Posture::default(),
    };
    store::devices::pair(&mut tx, &device, agent.id, 1).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut superior = town.sign_in("superior1").await;
    let work = [
        ("division", things.division.as_str()),
        ("name", "会議資料の作成"),
        ("hours", "120"),
        ("frequency", "monthly"),
        ("information", "internal"),
        ("zone", "lgwan"),
        ("approval", "electronic"),
    ];
    let made = superior.post("/telework/works/new", &work).await;
    assert!(made.location().starts_with("/telework/works"), "{}", made.text());
    (things, device.id.to_string())
}

/// A PC that is lent: its identity.
async fn lent(town: &Town) -> String {
    let mut it = town.sign_in("it1").await;
    let (from, until) = (("from", "2026-09-01"), ("until", "2027-03-31"));
    let loan = [("item", "pc"), ("number", "PC-12"), ("login", "staff1"), from, until];
    let reply = it.post("/admin/loans/new", &loan).await;
    let place = reply.location().split('?').next().unwrap_or_default();
    place.strip_prefix("/admin/loans/").unwrap_or_else(|| panic!("{}", reply.text())).to_owned()
}

async fn a_country(text: &mut String) {
    let town = country::country().await;
    let (past, now) = (shipped::TELEWORK_R2, shipped::TELEWORK_R3);
    let given = (country::answers(past, country::R2), country::answers(now, country::R3));
    small_survey(&town, "2020-0001", past, Stage::Published, State::Confirmed, &given.0).await;
    small_survey(&town, "2021-0001", now, Stage::Sent, State::Submitted, &given.1).await;
    small_survey(&town, "2021-0002", now, Stage::Sent, State::Received, &Default::default()).await;
    change(&town, "2021-0001", TOWN, |delivery| delivery.state = State::Returned).await;
    let mut people = Vec::new();
    let ministry = MINISTRY.as_str();
    for (name, body, login) in [
        ("ministry-desk", ministry, "desk1"),
        ("ministry-lead", ministry, "lead1"),
        ("prefecture-desk", PREFECTURE, "desk1"),
        ("prefecture-lead", PREFECTURE, "lead1"),
        ("town-desk", TOWN, "desk1"),
        ("town-lead", TOWN, "lead1"),
        ("town-staff", TOWN, "staff1"),
        ("town-it", TOWN, "it1"),
    ] {
        people.push((name, town.sign_in_to(body, login).await));
    }
    let drafted = people[0].1.post("/exchange/cases", &[]).await;
    let draft = drafted.location().rsplit('/').next().unwrap().to_owned();
    for path in pages().into_iter().filter(|path| path.contains("/exchange")) {
        let one = [""];
        let cases = ["2020-0001", "2021-0001", "2021-0002", draft.as_str()];
        let cases = if path.contains("{id}") { &cases[..] } else { &one };
        for case in cases {
            let mut at = path.replace("{id}", case).replace("{body}", TOWN);
            let name = path.replace("{id}", case);
            if path == "/exchange/forms/try" {
                at += "?id=telework&version=%E4%BB%A4%E5%92%8C3%E5%B9%B4";
            }
            let sights = looked(&mut people, &at).await;
            write_page(text, &name, &sights);
        }
    }
}

/// What each of these people sees there.
async fn looked(people: &mut [(&'static str, Browser)], at: &str) -> Vec<(&'static str, Sight)> {
    let mut sights = Vec::new();
    for (name, browser) in people {
        browser.plant("noren-lang", "ja");
        let japanese = browser.get(at).await;
        browser.plant("noren-lang", "en");
        let english = browser.get(at).await;
        assert_eq!(japanese.status, english.status, "{name} {at}");
        if japanese.status.as_u16() == 200 {
            readable(&japanese, &format!("{name} {at}"));
        }
        let words = match japanese.status.as_u16() {
            200 => format!("      ja  {}\n      en  {}\n", words(&japanese), words(&english)),
            _ => String::new(),
        };
        sights.push((*name, (japanese.status.as_u16(), words)));
    }
    sights
}

/// What a screen reader walks by: headings go down one step at a time from the one of the page, and
/// no column is without a name.
fn readable(reply: &Reply, at: &str) {
    let text = reply.text();
    let mut above = 0;
    for tag in text.split('<').skip(1) {
        let Some(level) = tag.strip_prefix('h').and_then(|rest| rest.chars().next()) else {
            continue;
        };
        let named = tag.as_bytes().get(2).is_some_and(|byte| matches!(byte, b'>' | b' '));
        if let Some(level) = level.to_digit(10).filter(|_| named) {
            assert!(level <= above + 1, "{at}: h{above} -> h{level}: <{tag}");
            above = level;
        }
    }
    for head in text.split("<th").skip(1).filter(|head| !head.starts_with("ead")) {
        let cell = head.split("</th>").next().unwrap_or_default();
        let inside = cell.split_once('>').map_or("", |(_, inside)| inside);
        let words: String = inside
            .split('<')
            .map(|part| part.split_once('>').map_or(part, |(_, words)| words))
            .collect();
        assert!(!words.trim().is_empty(), "{at}: <th{cell}");
    }
}

/// The title and the heading of a page.
fn words(reply: &Reply) -> String {
    let inner = |tag: &str| {
        let open = reply.between(&format!("<{tag}"), &format!("</{tag}>"));
        let inner = open.and_then(|text| text.split_once('>')).map(|(_, inner)| inner);
        inner.map(plain).filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_owned())
    };
    format!("{} / {}", inner("title"), inner("h1"))
}

/// A text without its tags, each stretch of white space one space.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for (at, part) in html.split('<').enumerate() {
        let after_tag = || part.split_once('>').map_or("", |(_, words)| words);
        text.push_str(if at == 0 { part } else { after_tag() });
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// People who see the same stand together; that something is not there is not said for each.
fn write_page(text: &mut String, path: &str, sights: &[(&'static str, Sight)]) {
    writeln!(text, "\n{path}").unwrap();
    let mut same: BTreeMap<&Sight, Vec<&str>> = BTreeMap::new();
    for (name, sight) in sights {
        same.entry(sight).or_default().push(name);
    }
    same.retain(|(status, _), _| *status == 200);
    if same.is_empty() {
        text.push_str("  nobody\n");
    }
    for ((_, words), names) in same {
        writeln!(text, "  {}\n{words}", names.join(" ")).unwrap();
        text.pop();
    }
}

/// What people and things are called in the towns above: nobody translates a name.
const NAMES: &[&str] = &[
    "会議資料の作成",
    "貸与ノート",
    "秘密のPC",
    "秘密の課",
    "秘密の照会",
    "職員 staff1",
    "北海道函館市",
    "テレワークの取組状況調査（令和2年）",
    "テレワークの取組状況調査（令和3年）",
    "地方公共団体におけるテレワークの取組状況調査 令和3年",
];

/// An English line without its names, when there is Japanese left in it.
fn japanese_left(line: &str) -> Option<String> {
    let english = line.strip_prefix("      en  ")?;
    let rest = NAMES.iter().fold(english.to_owned(), |rest, name| rest.replace(name, "…"));
    let japanese = |c: char| matches!(c, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
    rest.contains(japanese).then_some(rest)
}

/// The file is what the pages say (the test above), so it is read here.
#[test]
fn no_english_page_has_a_japanese_title_or_heading() {
    let file = include_str!("../../../tests/golden/titles.txt");
    let english = file.lines().filter(|line| line.starts_with("      en  "));
    assert!(english.count() > 100);
    let left: Vec<String> = file.lines().filter_map(japanese_left).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(japanese_left("      en  Pair - Noren / この端末を登録する").is_some());
    assert_eq!(japanese_left("      en  秘密のPC - Noren / -"), None);
}
