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
}

impl Scope {
    /// Those that a token is given, in the order they are listed.
    pub const ALL: [Self; 6] = [
        Self::TeleworkRead,
        Self::TeleworkRequest,
        Self::TeleworkDecide,
        Self::TeleworkReport,
        Self::WorksRead,
        Self::SurveyRead,
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
        }
    }

    /// What it is, in Japanese and English.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Own => ("トークン自身の情報", "The token itself"),
            Self::TeleworkRead => ("テレワークの規則・申請・報告を読む", "Read rules, requests and reports of telework"),
            Self::TeleworkRequest => ("テレワークを申請する・取り消す", "Ask for telework days and take them back"),
            Self::TeleworkDecide => ("テレワークを承認する・差し戻す", "Approve and return telework requests"),
            Self::WorksRead => ("業務棚卸しを読む", "Read the work inventory"),
            Self::SurveyRead => ("調査への計算された回答を読む", "Read computed answers to the survey"),
            Self::TeleworkReport => ("始業・終業などを報告する", "Report the day"),
        }
    }
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
        let names: std::collections::BTreeSet<_> = Scope::ALL.into_iter().map(Scope::name).collect();
        assert_eq!(names.len(), Scope::ALL.len());
        assert!(Scope::Own.is_in(0) && !Scope::TeleworkRead.is_in(Scope::TeleworkDecide.bit()));
    }
}
