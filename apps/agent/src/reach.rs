//! Which targets answer, for the list at home: a plain connection, nothing more.
//!
//! Every target is tried once at the start, then only those that did not answer: a VNC server
//! counts connections that do not sign in and locks their address out after a few.

use crate::World;
use crate::office::Office;
use crate::state::{Place, Target};
use net::Shutdown;
use pairing::control::TargetState;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(20);
/// How long a target may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks at every target round by round until `shutdown`.
pub(crate) async fn run<W: World>(office: Arc<Office<W>>, shutdown: Shutdown) {
    let mut first = true;
    loop {
        let targets = office.targets.borrow().clone();
        for target in targets.iter() {
            let state = office.target_state(&target.id);
            if state == TargetState::Busy || !(first || state == TargetState::Unreachable) {
                continue;
            }
            let answers = tokio::select! {
                answers = answers(target) => answers,
                () = shutdown.wait() => return,
            };
            match (answers, office.target_state(&target.id)) {
                // Only an opened desktop can lift the suspicion of a wrong certificate.
                (true, TargetState::Untrusted) | (_, TargetState::Busy) => {}
                (true, _) => office.saw(&target.id, TargetState::Ready),
                (false, _) => office.saw(&target.id, TargetState::Unreachable),
            }
        }
        first = false;
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            () = shutdown.wait() => return,
        }
    }
}

async fn answers(target: &Target) -> bool {
    match &target.place {
        Place::Vnc { host, port, .. } | Place::Rdp { host, port, .. } => {
            let connected = TcpStream::connect((host.as_str(), *port));
            matches!(tokio::time::timeout(PATIENCE, connected).await, Ok(Ok(_)))
        }
        Place::Sample => true,
    }
}
