//! What changes while the agent works: invites, devices, grants seen, and what is owed to the
//! server's record.
//!
//! It is one file, so that a device and the report of it, or a grant and its use, are written
//! together or not at all.

use super::Document;
use crate::{Error, Result};
use pairing::control::{EndReason, Outbox, PairedBy, Report};
use pairing::{
    Book, ChannelKey, DeviceId, InviteId, MeetingId, Seen, TargetId, Tries, UnixMs, UserId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// Invites that were printed.
    pub invites: Book,
    /// Devices that proved one.
    devices: BTreeMap<DeviceId, Device>,
    /// Grants that opened a session.
    pub seen: Seen,
    /// Passwords that office PCs refused.
    pub tries: Tries,
    /// Sessions that are open, so that one this program does not outlive ends on record all the
    /// same.
    open: Vec<Open>,
    /// Reports the server has not acknowledged; `None` until the first one.
    outbox: Option<Outbox>,
    /// The server said that this agent is no longer one of its own.
    pub retired: bool,
}

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The meeting, which is the session's name.
    pub meeting: MeetingId,
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// The target.
    pub target: TargetId,
    /// When it began.
    pub started: UnixMs,
    /// When it may last go on.
    pub not_after: UnixMs,
}

/// A paired device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its key.
    pub key: ChannelKey,
    /// Whose it is.
    pub user: UserId,
    /// The user's sign-in name, as on the invite.
    pub login: String,
    /// What the user called it.
    pub name: String,
    /// What the browser said it is.
    pub user_agent: String,
    /// When it was paired.
    pub paired: UnixMs,
}

impl Document for Ledger {
    const FILE: &'static str = "ledger.json";
    const MAX: u64 = 64 << 20;
}

impl Ledger {
    /// Devices an agent keeps at most.
    pub const MAX_DEVICES: usize = 16_384;

    /// Uses an invite up and adds the device that proved it, with its report.
    ///
    /// # Errors
    /// [`Error::Pairing`].
    pub fn pair(
        &mut self,
        invite: InviteId,
        device: Device,
        rng: &mut impl net::Rng,
    ) -> Result<()> {
        self.invites.accept(invite, device.paired)?;
        let id = device.key.device_id();
        if self.devices.len() >= Self::MAX_DEVICES && !self.devices.contains_key(&id) {
            return Err(pairing::Error::Full("devices").into());
        }
        self.report(
            Report::DevicePaired {
                device: id,
                key: device.key,
                user: device.user,
                login: device.login.clone(),
                name: device.name.clone(),
                user_agent: device.user_agent.clone(),
                invite,
                by: PairedBy::Slip,
                at: device.paired,
            },
            rng,
        )?;
        self.devices.insert(id, device);
        Ok(())
    }

    /// Takes a device off the list, with its report. False when it was not there.
    ///
    /// # Errors
    /// [`Error::Pairing`].
    pub fn remove(
        &mut self,
        device: DeviceId,
        by_order: bool,
        at: UnixMs,
        rng: &mut impl net::Rng,
    ) -> Result<bool> {
        let Some(found) = self.devices.get(&device) else { return Ok(false) };
        self.report(Report::DeviceRemoved { device, user: found.user, by_order, at }, rng)?;
        self.devices.remove(&device);
        Ok(true)
    }

    /// Withdraws every invite of a sign-in name.
    pub fn withdraw(&mut self, login: &str) {
        let ids: Vec<InviteId> = self
            .invites
            .iter()
            .filter(|(_, invite)| invite.login == login)
            .map(|(id, _)| id)
            .collect();
        for id in ids {
            self.invites.withdraw(id);
        }
    }

    /// A device of the list.
    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.get(id)
    }

    /// Every device.
    pub fn devices(&self) -> impl Iterator<Item = (DeviceId, &Device)> {
        self.devices.iter().map(|(id, device)| (*id, device))
    }

    /// A session begins, with its report. The report of its end closes it.
    ///
    /// # Errors
    /// [`Error::Pairing`] when there is no room.
    pub fn begin(&mut self, session: Open, rng: &mut impl net::Rng) -> Result<()> {
        let Open { meeting, user, device, target, started, .. } = session.clone();
        self.report(Report::SessionStarted { meeting, user, device, target, at: started }, rng)?;
        self.open.push(session);
        Ok(())
    }

    /// Whether sessions are open in it.
    pub fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Ends every session on record whose program was killed. When it ended nobody knows; not after
    /// it had to.
    ///
    /// # Errors
    /// [`Error::Pairing`] when there is no room.
    pub fn abandon(&mut self, now: UnixMs, rng: &mut impl net::Rng) -> Result<()> {
        for Open { meeting, user, device, target, started, not_after } in self.open.clone() {
            let (ended, reason) = (now.min(not_after).max(started), EndReason::LineLost);
            let (bytes_up, bytes_down, idle_seconds) = (0, 0, 0);
            self.report(
                Report::SessionEnded {
                    meeting,
                    user,
                    device,
                    target,
                    reason,
                    bytes_up,
                    bytes_down,
                    idle_seconds,
                    started,
                    ended,
                },
                rng,
            )?;
        }
        Ok(())
    }

    /// Adds a report for the server.
    ///
    /// # Errors
    /// [`Error::Pairing`] when there is no room.
    pub fn report(&mut self, report: Report, rng: &mut impl net::Rng) -> Result<()> {
        if let Report::SessionEnded { meeting, .. } = &report {
            self.open.retain(|session| session.meeting != *meeting);
        }
        self.outbox.get_or_insert_with(|| Outbox::new(rng)).push(report).map_err(Error::from)
    }

    /// What is owed to the server.
    pub fn outbox(&self) -> Option<&Outbox> {
        self.outbox.as_ref()
    }

    /// Whether another session could be accounted for: its beginning, its end and what may come
    /// between.
    pub fn has_room(&self) -> bool {
        self.outbox.as_ref().is_none_or(|outbox| outbox.after(0).count() + 64 < Outbox::MAX)
    }

    /// The server has these reports on record. True when that was news.
    pub fn acknowledge(&mut self, epoch: u64, number: u64) -> bool {
        self.outbox.as_mut().is_some_and(|outbox| outbox.acknowledge(epoch, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_its_program_did_not_outlive_ends_on_record_and_not_after_its_permission() {
        let mut rng = net::SystemRng::new();
        for (now, wanted) in [(5_000, 5_000), (90_000, 60_000), (500, 1_000)] {
            let mut ledger = Ledger::default();
            let session = |n: u8| Open {
                meeting: MeetingId([n; 16]),
                user: UserId([1; 16]),
                device: DeviceId([2; 16]),
                target: "pc".parse().unwrap(),
                started: UnixMs(1_000),
                not_after: UnixMs(60_000),
            };
            ledger.begin(session(7), &mut rng).unwrap();
            ledger.abandon(UnixMs(now), &mut rng).unwrap();
            ledger.abandon(UnixMs(now), &mut rng).unwrap();
            assert!(!ledger.has_open());
            let reports: Vec<_> =
                ledger.outbox().unwrap().after(0).map(|(_, report)| report.clone()).collect();
            let [
                Report::SessionStarted { .. },
                Report::SessionEnded { meeting, reason, ended, .. },
            ] = &reports[..]
            else {
                panic!("{reports:?}")
            };
            assert_eq!(
                (*meeting, *reason, *ended),
                (MeetingId([7; 16]), EndReason::LineLost, UnixMs(wanted))
            );
        }
    }
}
