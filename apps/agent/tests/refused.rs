//! A desktop that does not let in: what the person is told, and what the office is.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use agent::state::{Place, SeenTarget, Status, Targets};
use channel::SecretKey;
use pairing::control::{Report, TargetState};
use source::{Account, Detail, Error, Pin};
use support::{Bot, LOGIN, Office, Server, USER};
use wire::session::{Credentials, EndReason, NoticeKind, ToAgent};

fn rdp(pin: Pin) -> Place {
    Place::Rdp { host: "127.0.0.1".into(), port: 1, pin: pin.to_string() }
}

const PINNED: Pin = Pin([1; 32]);
const RENEWED: Pin = Pin([2; 32]);

/// Somebody signs in to the PC, which answers with this error.
async fn refused(
    office: &mut Office,
    server: &mut Server,
    device: &SecretKey,
    error: Error,
) -> Bot {
    let grant = office.grant(device);
    let mut bot = office.visit(server, &grant, device).await;
    bot.welcomed().await;
    bot.notice(NoticeKind::CredentialsWanted).await;
    office.desks.fail_with([error]);
    let (user, password, domain) = ("hanako".into(), "secret".into(), String::new());
    bot.say(&ToAgent::Credentials(Credentials { user, password, domain })).await;
    bot
}

#[tokio::test(start_paused = true)]
async fn only_a_wrong_password_asks_again_and_the_rest_is_told_as_what_it_is() {
    let mut office = Office::open(rdp(PINNED));
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let why = || Detail::new("said by the test");
    let account = |account| Error::Account(account, why());
    for (n, (error, told)) in [
        (account(Account::PasswordExpired), EndReason::PasswordExpired),
        (account(Account::PasswordMustChange), EndReason::PasswordMustChange),
        (account(Account::LockedOut), EndReason::AccountLocked),
        (account(Account::Disabled), EndReason::AccountDisabled),
        (account(Account::Expired), EndReason::AccountExpired),
        (account(Account::NotGranted), EndReason::RemoteNotGranted),
        (account(Account::OutsideHours), EndReason::OutsideHours),
        (account(Account::OtherWorkstation), EndReason::OtherWorkstation),
        (account(Account::Restricted), EndReason::AccountRestricted),
        (account(Account::NoAuthority), EndReason::NoAuthority),
        (account(Account::Other), EndReason::DesktopRefused),
        (Error::TooLarge(why()), EndReason::DesktopTooLarge),
        (Error::Unsupported(why()), EndReason::DesktopUnsupported),
        (Error::PeerMisbehaved(why()), EndReason::DesktopRefused),
    ]
    .into_iter()
    .enumerate()
    {
        let mut bot = refused(&mut office, &mut server, &device, error).await;
        assert_eq!(bot.ended().await, told);
        let ended = |server: &Server| {
            let ends = |report: &&Report| matches!(report, Report::SessionEnded { .. });
            server.reports.iter().filter(ends).count()
        };
        server.until(|server| ended(server) == n + 1).await;
        assert_eq!(office.ledger().tries.count(USER, &"pc".parse().unwrap()), 0, "no try");
    }
    let mut bot = refused(&mut office, &mut server, &device, Error::Refused(why())).await;
    bot.notice(NoticeKind::CredentialsRefused).await;
    assert_eq!(office.ledger().tries.count(USER, &"pc".parse().unwrap()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_renewed_certificate_is_told_to_all_until_it_is_pinned() {
    let mut office = Office::open(rdp(PINNED));
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let renewed = Error::PinMismatch { expected: PINNED, shown: RENEWED };
    let mut bot = refused(&mut office, &mut server, &device, renewed).await;
    assert_eq!(bot.ended().await, EndReason::DesktopUntrusted);
    server.until(|server| server.states.last() == Some(&TargetState::Untrusted)).await;
    let status = office.store.read::<Status>().unwrap().unwrap();
    let (target, state) = ("pc".parse().unwrap(), TargetState::Untrusted);
    let shown = Some(RENEWED.to_string());
    assert_eq!(status.targets, [SeenTarget { target, state, shown }]);

    // As the command line does, beside the running daemon.
    let trust = |targets: &mut Targets| targets.pin("pc", RENEWED).map(drop);
    office.store.update(trust).unwrap();
    let told = |server: &Server| server.hello.as_ref().map(|hello| hello.targets[0].state);
    server.until(|server| told(server) == Some(TargetState::Ready)).await;
    let status = office.store.read::<Status>().unwrap().unwrap();
    assert_eq!(status.targets[0].state, TargetState::Ready);
    assert_eq!(status.targets[0].shown, None);
}
