//! What a desktop says of an account that it does not let in, by the codes of Windows (MS-ERREF).

use std::fmt;

/// Why an account is not let in, whatever its password. Another try changes nothing: somebody has
/// to change the account, or its password, first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// The password is too old.
    PasswordExpired,
    /// The password has to be changed before the first sign-in.
    PasswordMustChange,
    /// Too many wrong passwords: the account is locked.
    LockedOut,
    /// The account is switched off.
    Disabled,
    /// The account's time is over.
    Expired,
    /// The account may not sign in by Remote Desktop, or not to this PC.
    NotGranted,
    /// The account may not sign in at this hour.
    OutsideHours,
    /// The account may sign in from other computers only.
    OtherWorkstation,
    /// Another rule for the account forbids it (an empty password, a smart card that is asked for).
    Restricted,
    /// Nobody can check the password now: no domain controller answers, the PC's place in the
    /// domain is lost, or the clocks differ.
    NoAuthority,
    /// Any other code.
    Other,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PasswordExpired => "the password has expired",
            Self::PasswordMustChange => "the password must be changed first",
            Self::LockedOut => "the account is locked",
            Self::Disabled => "the account is disabled",
            Self::Expired => "the account has expired",
            Self::NotGranted => "the account may not sign in here by Remote Desktop",
            Self::OutsideHours => "outside the account's hours",
            Self::OtherWorkstation => "the account may not sign in from here",
            Self::Restricted => "a rule for the account forbids it",
            Self::NoAuthority => "nobody can check the password now",
            Self::Other => "the account is not let in",
        })
    }
}

/// Reads a code of a sign-in that failed: an NTSTATUS, or an HRESULT made of one or of a Win32
/// error. `None`: the name or the password is wrong.
pub(crate) fn verdict(code: u32) -> Option<Account> {
    match code {
        // FACILITY_WIN32: the lower half is the error of winerror.h.
        0x8007_0000..=0x8007_ffff => win32(code & 0xffff),
        // FACILITY_NT_BIT: an NTSTATUS as an HRESULT.
        0xd000_0000..=0xdfff_ffff => nt_status(code & !0x1000_0000),
        0x8009_0000..=0x8009_ffff => security(code),
        _ => nt_status(code),
    }
}

fn nt_status(code: u32) -> Option<Account> {
    Some(match code {
        // No such user, wrong password, logon failure, no such domain, and names that cannot be.
        0xc000_0064 | 0xc000_006a | 0xc000_006d | 0xc000_00df | 0xc000_0062 | 0xc000_006b => {
            return None;
        }
        0xc000_0071 => Account::PasswordExpired,
        0xc000_0224 => Account::PasswordMustChange,
        0xc000_0234 => Account::LockedOut,
        0xc000_0072 => Account::Disabled,
        0xc000_0193 => Account::Expired,
        // Access denied, a privilege, a kind of sign-in that is not granted or not known, another
        // forest's "allowed to authenticate".
        0xc000_0022 | 0xc000_0061 | 0xc000_015b | 0xc000_0155 | 0xc000_010b | 0xc000_0413 => {
            Account::NotGranted
        }
        0xc000_006f => Account::OutsideHours,
        0xc000_0070 => Account::OtherWorkstation,
        // A restriction, a rule of passwords, a smart card, NTLM switched off.
        0xc000_006e | 0xc000_006c | 0xc000_02fa | 0xc000_0418 => Account::Restricted,
        // No logon servers, no service or time-out, the server's or domain's state, the clock, the
        // trust between PC and domain, no controller.
        0xc000_005e
        | 0xc000_00b5
        | 0xc000_0192
        | 0xc000_00dc..=0xc000_00de
        | 0xc000_0133
        | 0xc000_018a..=0xc000_018d
        | 0xc000_0190
        | 0xc000_0198..=0xc000_019b
        | 0xc000_0233 => Account::NoAuthority,
        _ => Account::Other,
    })
}

/// Codes of winerror.h, each the twin of an NTSTATUS above.
fn win32(code: u32) -> Option<Account> {
    Some(match code {
        86 | 1315 | 1317 | 1323 | 1326 | 1355 => return None,
        1330 => Account::PasswordExpired,
        1907 => Account::PasswordMustChange,
        1909 => Account::LockedOut,
        1331 => Account::Disabled,
        1793 => Account::Expired,
        5 | 1314 | 1367 | 1380 | 1385 | 1935 => Account::NotGranted,
        1328 => Account::OutsideHours,
        1329 => Account::OtherWorkstation,
        1325 | 1327 | 1937 => Account::Restricted,
        1311 | 1352..=1354 | 1398 | 1786..=1790 | 1792 | 1807..=1809 | 1908 => Account::NoAuthority,
        _ => Account::Other,
    })
}

/// Codes of the security interface (SEC_E_...).
fn security(code: u32) -> Option<Account> {
    Some(match code {
        // Logon denied, credentials that are not known or not there.
        0x8009_030c..=0x8009_030e => return None,
        // No authority, an unknown target, clocks that differ.
        0x8009_0311 | 0x8009_0303 | 0x8009_0324 => Account::NoAuthority,
        0x8009_033e => Account::Restricted,
        _ => Account::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MS-ERREF 2.3.1 (NTSTATUS) and 2.2 (Win32): name, NTSTATUS, Win32 error, what it means here.
    const KNOWN: &[(&str, u32, u32, Option<Account>)] = &[
        ("LOGON_FAILURE", 0xc000_006d, 1326, None),
        ("WRONG_PASSWORD", 0xc000_006a, 86, None),
        ("NO_SUCH_USER", 0xc000_0064, 1317, None),
        ("NO_SUCH_DOMAIN", 0xc000_00df, 1355, None),
        ("PASSWORD_EXPIRED", 0xc000_0071, 1330, Some(Account::PasswordExpired)),
        ("PASSWORD_MUST_CHANGE", 0xc000_0224, 1907, Some(Account::PasswordMustChange)),
        ("ACCOUNT_LOCKED_OUT", 0xc000_0234, 1909, Some(Account::LockedOut)),
        ("ACCOUNT_DISABLED", 0xc000_0072, 1331, Some(Account::Disabled)),
        ("ACCOUNT_EXPIRED", 0xc000_0193, 1793, Some(Account::Expired)),
        ("LOGON_TYPE_NOT_GRANTED", 0xc000_015b, 1385, Some(Account::NotGranted)),
        ("LOGON_NOT_GRANTED", 0xc000_0155, 1380, Some(Account::NotGranted)),
        ("ACCESS_DENIED", 0xc000_0022, 5, Some(Account::NotGranted)),
        ("AUTHENTICATION_FIREWALL_FAILED", 0xc000_0413, 1935, Some(Account::NotGranted)),
        ("INVALID_LOGON_HOURS", 0xc000_006f, 1328, Some(Account::OutsideHours)),
        ("INVALID_WORKSTATION", 0xc000_0070, 1329, Some(Account::OtherWorkstation)),
        ("ACCOUNT_RESTRICTION", 0xc000_006e, 1327, Some(Account::Restricted)),
        ("NTLM_BLOCKED", 0xc000_0418, 1937, Some(Account::Restricted)),
        ("NO_LOGON_SERVERS", 0xc000_005e, 1311, Some(Account::NoAuthority)),
        ("TIME_DIFFERENCE_AT_DC", 0xc000_0133, 1398, Some(Account::NoAuthority)),
        ("TRUSTED_RELATIONSHIP_FAILURE", 0xc000_018d, 1789, Some(Account::NoAuthority)),
        ("NO_TRUST_SAM_ACCOUNT", 0xc000_018b, 1787, Some(Account::NoAuthority)),
        ("INTERNAL_ERROR", 0xc000_00e5, 1359, Some(Account::Other)),
    ];

    #[test]
    fn each_code_is_read_in_all_its_forms() {
        for (name, status, error, meaning) in KNOWN {
            assert_eq!(verdict(*status), *meaning, "{name}");
            assert_eq!(verdict(status | 0x1000_0000), *meaning, "{name} as an HRESULT");
            assert_eq!(verdict(0x8007_0000 | error), *meaning, "{name} as a Win32 error");
        }
        assert_eq!(verdict(0x8009_030c), None, "SEC_E_LOGON_DENIED");
        assert_eq!(verdict(0x8009_0311), Some(Account::NoAuthority));
        assert_eq!(verdict(0x8009_0308), Some(Account::Other));
        assert_eq!(verdict(u32::MAX), Some(Account::Other));
    }
}
