//! What a token may be used for.

/// An area, and whether it is read or changed there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Whose token it is; every token has it.
    Own,
    /// Rules, requests and days of telework.
    TeleworkRead,
    /// Ask for days, take them back.
    TeleworkRequest,
    /// Approve, return and refuse what waits.
    TeleworkDecide,
    /// Report start, break, resume and end, and the day's work.
    TeleworkReport,
    /// The work inventory.
    WorksRead,
    /// Computed answers to the telework survey.
    SurveyRead,
    /// Cases, answers, boards and tables of the exchange.
    ExchangeRead,
    /// Receive, answer, submit, correct.
    ExchangeAnswer,
    /// Approve an answer inside the office.
    ExchangeApprove,
    /// A prefecture: pass on, return, pass, hand up.
    ExchangeReview,
    /// The ministry: draft, send, ask back, close, publish.
    ExchangeRun,
    /// Which division is which desk.
    ExchangeDesks,
    /// Who runs this server: signed bundles to and from other servers. Only they can give it, and
    /// only to themselves.
    ExchangeCarry,
    /// Change the work inventory.
    WorksWrite,
    /// Look at a month and close it.
    TeleworkClose,
    /// HR's own: settings, people, leaves, emergency orders, allowance, rules of judgement.
    TeleworkManage,
    /// Payroll and attendance as files.
    TeleworkExport,
    /// Addresses of calendars, which outlive the token.
    TeleworkFeeds,
    /// Confirm or change computed answers to the survey.
    SurveySettle,
    /// The register of things that were lent.
    LoansRead,
    /// Lend, take back, report a loss.
    LoansWrite,
}

impl Scope {
    /// Those that a token is given, in the order they are listed.
    pub const ALL: [Self; 21] = [
        Self::TeleworkRead,
        Self::TeleworkRequest,
        Self::TeleworkDecide,
        Self::TeleworkReport,
        Self::TeleworkClose,
        Self::TeleworkManage,
        Self::TeleworkExport,
        Self::TeleworkFeeds,
        Self::WorksRead,
        Self::WorksWrite,
        Self::SurveyRead,
        Self::SurveySettle,
        Self::LoansRead,
        Self::LoansWrite,
        Self::ExchangeRead,
        Self::ExchangeAnswer,
        Self::ExchangeApprove,
        Self::ExchangeReview,
        Self::ExchangeRun,
        Self::ExchangeDesks,
        Self::ExchangeCarry,
    ];

    /// Its place in a token's bits. A number is never used again for something else.
    #[must_use]
    pub fn bit(self) -> u64 {
        match self {
            Self::Own => 0,
            Self::TeleworkRead => 1,
            Self::TeleworkRequest => 1 << 1,
            Self::TeleworkDecide => 1 << 2,
            Self::TeleworkReport => 1 << 3,
            Self::WorksRead => 1 << 4,
            Self::SurveyRead => 1 << 5,
            Self::ExchangeRead => 1 << 6,
            Self::ExchangeAnswer => 1 << 7,
            Self::ExchangeApprove => 1 << 8,
            Self::ExchangeReview => 1 << 9,
            Self::ExchangeRun => 1 << 10,
            Self::WorksWrite => 1 << 11,
            Self::TeleworkClose => 1 << 12,
            Self::TeleworkManage => 1 << 13,
            Self::TeleworkExport => 1 << 14,
            Self::TeleworkFeeds => 1 << 15,
            Self::SurveySettle => 1 << 16,
            Self::LoansRead => 1 << 17,
            Self::LoansWrite => 1 << 18,
            Self::ExchangeDesks => 1 << 19,
            Self::ExchangeCarry => 1 << 20,
        }
    }

    /// Whether a token with these bits has it.
    #[must_use]
    pub fn is_in(self, bits: u64) -> bool {
        bits & self.bit() == self.bit()
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::TeleworkRead => "telework:read",
            Self::TeleworkRequest => "telework:request",
            Self::TeleworkDecide => "telework:decide",
            Self::TeleworkReport => "telework:report",
            Self::WorksRead => "works:read",
            Self::SurveyRead => "survey:read",
            Self::ExchangeRead => "exchange:read",
            Self::ExchangeAnswer => "exchange:answer",
            Self::ExchangeApprove => "exchange:approve",
            Self::ExchangeReview => "exchange:review",
            Self::ExchangeRun => "exchange:run",
            Self::ExchangeDesks => "exchange:desks",
            Self::ExchangeCarry => "exchange:carry",
            Self::WorksWrite => "works:write",
            Self::TeleworkClose => "telework:close",
            Self::TeleworkManage => "telework:manage",
            Self::TeleworkExport => "telework:export",
            Self::TeleworkFeeds => "telework:feeds",
            Self::SurveySettle => "survey:settle",
            Self::LoansRead => "loans:read",
            Self::LoansWrite => "loans:write",
        }
    }

    /// Whether it decides in the person's place: what others ask her for, or what binds her office.
    #[must_use]
    pub fn decides(self) -> bool {
        matches!(
            self,
            Self::TeleworkDecide
                | Self::TeleworkManage
                | Self::TeleworkClose
                | Self::WorksWrite
                | Self::SurveySettle
                | Self::ExchangeAnswer
                | Self::ExchangeApprove
                | Self::ExchangeReview
                | Self::ExchangeRun
                | Self::ExchangeDesks
        )
    }

    /// Whether it does without a proof of the factors, which a program cannot give, what a page
    /// does only after one (`http/fresh.rs`), or hands out what outlives the token. It is asked for
    /// by itself where a token is made, stands by itself where its person consents, and is on
    /// record.
    #[must_use]
    pub fn unproved(self) -> bool {
        matches!(self, Self::TeleworkExport | Self::TeleworkFeeds | Self::ExchangeCarry)
    }

    /// What it is, in Japanese and English.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Own => ("トークン自身の情報", "The token itself"),
            Self::TeleworkRead => (
                "テレワークの規則・申請・報告を読む",
                "Read rules, requests and reports of telework",
            ),
            Self::TeleworkRequest => {
                ("テレワークを申請する・取り消す", "Ask for telework days and take them back")
            }
            Self::TeleworkDecide => {
                ("テレワークを承認する・差し戻す", "Approve and return telework requests")
            }
            Self::WorksRead => ("業務棚卸しを読む", "Read the work inventory"),
            Self::SurveyRead => {
                ("調査への計算された回答を読む", "Read computed answers to the survey")
            }
            Self::ExchangeRead => (
                "調査・照会の案件・回答・集計を読む",
                "Read cases, answers and tables of the exchange",
            ),
            Self::ExchangeAnswer => {
                ("調査・照会を受領する・回答する・提出する", "Receive, answer and submit")
            }
            Self::ExchangeApprove => {
                ("回答を庁内で承認する", "Approve an answer inside the office")
            }
            Self::ExchangeReview => (
                "都道府県：転送・差戻し・承認・国へ提出",
                "A prefecture: pass on, return, pass, hand up",
            ),
            Self::ExchangeRun => (
                "国：起案・発出・疑義照会・確定・公表",
                "The ministry: draft, send, ask back, close, publish",
            ),
            Self::ExchangeDesks => {
                ("調査・照会の窓口を見る・決める", "See and set which division is which desk")
            }
            Self::ExchangeCarry => (
                "サーバー間の受け渡し（サーバーの管理者のみ）",
                "Bundles between servers (who runs this server only)",
            ),
            Self::WorksWrite => ("業務棚卸しを変更する", "Change the work inventory"),
            Self::TeleworkClose => ("月次の締めを見る・締める", "Look at a month and close it"),
            Self::TeleworkManage => (
                "人事担当：規則・職員・休暇・緊急の命令・手当を読む・変更する",
                "HR: rules, people, leaves, emergency orders, allowance",
            ),
            Self::TeleworkExport => {
                ("給与連携CSV・出勤簿を出力する", "Payroll and attendance files")
            }
            Self::TeleworkFeeds => {
                ("予定表の購読アドレスを作る・止める", "Make and end calendar addresses")
            }
            Self::SurveySettle => {
                ("調査への計算された回答を確認する・変更する", "Confirm or change computed answers")
            }
            Self::LoansRead => ("機器の貸出を読む", "Read the register of loans"),
            Self::LoansWrite => ("機器を貸し出す・紛失を登録する", "Lend things and report losses"),
            Self::TeleworkReport => ("始業・終業などを報告する", "Report the day"),
        }
    }
}

/// The names of those scopes in these bits that do without a proof ([`Scope::unproved`]).
#[must_use]
pub fn unproved(bits: u64) -> Vec<&'static str> {
    let all = Scope::ALL.into_iter().filter(|scope| scope.is_in(bits) && scope.unproved());
    all.map(Scope::name).collect()
}

/// The names of the scopes in these bits.
#[must_use]
pub fn names(bits: u64) -> Vec<&'static str> {
    Scope::ALL.into_iter().filter(|scope| scope.is_in(bits)).map(Scope::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_a_bit_and_a_name_of_its_own() {
        let bits: u64 = Scope::ALL.into_iter().map(Scope::bit).sum();
        assert_eq!(bits.count_ones() as usize, Scope::ALL.len());
        let names: std::collections::BTreeSet<_> =
            Scope::ALL.into_iter().map(Scope::name).collect();
        assert_eq!(names.len(), Scope::ALL.len());
        assert!(Scope::Own.is_in(0) && !Scope::TeleworkRead.is_in(Scope::TeleworkDecide.bit()));
    }
}
