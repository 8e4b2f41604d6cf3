//! The attributes of a piece of work as rule files, workbooks and people write them.

use super::{Approval, Frequency, Information, Outcome, Zone};

macro_rules! labels {
    ($($type:ident { $($variant:ident $key:literal $ja:literal;)* })*) => {$(
        impl $type {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable key, as in rule files.
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }

            /// As it stands in lists and workbooks.
            pub fn ja(self) -> &'static str {
                match self { $(Self::$variant => $ja),* }
            }

            /// Reads either.
            pub fn read(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.ja() == text || one.key() == text)
            }
        }
    )*};
}

labels! {
    Information {
        None "none" "なし";
        Internal "internal" "庁内情報";
        Personal "personal" "個人情報";
        SpecificPersonal "specific_personal" "特定個人情報";
    }
    Zone {
        Mynumber "mynumber" "マイナンバー利用事務系";
        Lgwan "lgwan" "LGWAN接続系";
        Internet "internet" "インターネット接続系";
    }
    Approval {
        None "none" "なし";
        Paper "paper" "紙決裁";
        Electronic "electronic" "電子決裁";
    }
    Frequency {
        Daily "daily" "毎日";
        Weekly "weekly" "毎週";
        Monthly "monthly" "毎月";
        Seasonal "seasonal" "年に数回";
        Occasional "occasional" "随時";
    }
    Outcome {
        Possible "possible" "そのまま可";
        Condition "condition" "条件付き可";
        No "no" "不可";
        Ask "ask" "要判断";
    }
}
