//! Names and work of the made-up town.

use people::DivisionId;
use telework::inventory::{Approval, Frequency, Information, Work, Zone};
use telework::time::Minutes;

pub(super) const FAMILY: [&str; 24] = [
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "渡辺",
    "山本",
    "中村",
    "小林",
    "加藤",
    "吉田",
    "山田",
    "佐々木",
    "山口",
    "松本",
    "井上",
    "木村",
    "林",
    "斎藤",
    "清水",
    "山崎",
    "森",
    "池田",
    "橋本",
];
pub(super) const GIVEN: [&str; 24] = [
    "葵", "蓮", "陽菜", "湊", "結衣", "樹", "美咲", "大輔", "恵", "健一", "由美", "誠", "直子",
    "浩", "裕子", "拓也", "彩", "翔", "真理", "剛", "香織", "進", "千夏", "学",
];

const DIVISIONS: [&str; 20] = [
    "総務課",
    "企画財政課",
    "税務課",
    "住民課",
    "福祉課",
    "子育て支援課",
    "健康推進課",
    "農林課",
    "商工観光課",
    "建設課",
    "都市計画課",
    "上下水道課",
    "環境課",
    "会計課",
    "議会事務局",
    "教育総務課",
    "生涯学習課",
    "危機管理課",
    "情報政策係",
    "人事係",
];

/// A division's name; from the second round on with its number.
pub(super) fn division(at: u32) -> String {
    let name = DIVISIONS[(at as usize) % DIVISIONS.len()];
    match at as usize / DIVISIONS.len() {
        0 => name.to_owned(),
        round => format!("{name}第{}", round + 1),
    }
}

/// Name, hours a year, and what speaks against doing it elsewhere.
const WORKS: [(&str, u32, &str); 16] = [
    ("予算要求資料の作成", 420, ""),
    ("議会答弁資料の作成", 260, "approval"),
    ("窓口での証明書の交付", 1_800, "counter mynumber"),
    ("補助金の申請審査", 640, "paper"),
    ("広報紙の編集", 380, "internet"),
    ("税の賦課", 1_200, "mynumber"),
    ("例規の改正事務", 240, ""),
    ("工事の現場監督", 900, "site"),
    ("契約事務", 520, "seal paper"),
    ("電話での相談", 760, "telephone personal"),
    ("統計調査の取りまとめ", 300, ""),
    ("会議録の作成", 340, "internet"),
    ("給付金の支給決定", 680, "personal approval"),
    ("研修の企画", 180, "internet"),
    ("施設の予約管理", 410, "telephone"),
    ("計画書の策定", 560, ""),
];

/// A piece of work.
pub(super) fn work(at: usize, division: DivisionId) -> Work {
    let (name, hours, against) = WORKS[at % WORKS.len()];
    let has = |what: &str| against.split(' ').any(|one| one == what);
    Work {
        id: 0,
        name: name.to_owned(),
        division,
        frequency: [Frequency::Daily, Frequency::Weekly, Frequency::Monthly, Frequency::Seasonal]
            [at % 4],
        yearly: Minutes(hours * 60),
        information: match (has("mynumber"), has("personal"), has("internet")) {
            (true, ..) => Information::SpecificPersonal,
            (_, true, _) => Information::Personal,
            (.., true) => Information::None,
            _ => Information::Internal,
        },
        zone: match (has("mynumber"), has("internet")) {
            (true, _) => Zone::Mynumber,
            (_, true) => Zone::Internet,
            _ => Zone::Lgwan,
        },
        paper: has("paper"),
        seal: has("seal"),
        counter: has("counter"),
        site: has("site"),
        telephone: has("telephone"),
        approval: if has("approval") { Approval::Paper } else { Approval::Electronic },
        interruptible: !has("counter"),
        decided: None,
        removed: Vec::new(),
    }
}
