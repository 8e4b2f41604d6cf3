//! Feeds any bytes to an RDP session after sign-in: they must cause no panic and no unbounded
//! memory.

use super::{Rdp, connect};
use crate::line::Line;
use crate::{Address, Credentials, Error, Event, MOST_CURSOR_SIDE, Pin, RdpTarget};
use ironrdp_connector::connection_activation::ConnectionActivationFactory;
use ironrdp_connector::{ConnectionResult, DesktopSize};
use ironrdp_dvc::DrdynvcClient;
use ironrdp_pdu::rdp::capability_sets::InputFlags;
use std::any::TypeId;

const IO: u16 = 1003;
const USER: u16 = 1007;
const DYNAMIC: u16 = 1004;
const SIDE: u16 = 128;

/// A session over any bytes. The first byte says how they are cut and, by its highest bit, whether
/// the desktop is just being reactivated. The cut must not change the outcome.
pub fn fuzz_rdp(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let renewing = first & 0x80 != 0;
    let whole = session(data, data.len().max(1), renewing);
    let parts = session(data, usize::from(first & 0x7f).max(1), renewing);
    assert_eq!(whole, parts, "the outcome depends on how the bytes are cut");
}

/// Runs a session; returns the fault, if any, and the picture.
fn session(data: &[u8], chunk: usize, renewing: bool) -> (Option<Error>, Vec<u32>) {
    let mut rdp = desktop();
    if renewing {
        rdp.renewing = Some(Box::new(rdp.activation.create()));
    }
    for part in data.chunks(chunk) {
        rdp.pending.extend_from_slice(part);
        if let Err(fault) = rdp.work_off() {
            return (Some(fault), rdp.picture.pixels().to_vec());
        }
        rdp.out.clear();
    }
    for event in &rdp.waiting {
        if let Event::Cursor(cursor) = event {
            assert!(cursor.width <= MOST_CURSOR_SIDE && cursor.height <= MOST_CURSOR_SIDE);
            assert_eq!(
                cursor.rgba.len(),
                usize::from(cursor.width) * usize::from(cursor.height) * 4
            );
        }
    }
    (None, rdp.picture.pixels().to_vec())
}

/// A desktop that was signed in to, without a line.
#[allow(clippy::expect_used, reason = "for tests: what is built here is right")]
fn desktop() -> Rdp {
    let credentials = Credentials { user: "staff".into(), ..Credentials::default() };
    let mut connector = connect::connector(&credentials, (SIDE, SIDE));
    connector.static_channels.attach_channel_id(TypeId::of::<DrdynvcClient>(), DYNAMIC);
    let result = ConnectionResult {
        io_channel_id: IO,
        user_channel_id: USER,
        message_channel_id: None,
        share_id: 0x0001_03ea,
        static_channels: connector.static_channels,
        desktop_size: DesktopSize { width: SIDE, height: SIDE },
        input_flags: InputFlags::all(),
        enable_server_pointer: true,
        pointer_software_rendering: false,
        refresh_rect_support: false,
        suppress_output_support: false,
        window_support_level: None,
        monitor_layout: None,
        activation_factory: ConnectionActivationFactory::new(connector.config, IO, USER),
        compression_type: None,
    };
    let target =
        RdpTarget { address: Address { host: "desktop".into(), port: 3389 }, pin: Pin([0; 32]) };
    Rdp::active(target, credentials, Line::Broken, Vec::new(), result).expect("a desktop")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the corpus at once: the fault, if one, and whether anything was drawn.
    fn outcome(file: &str) -> (Option<Error>, bool) {
        let path = format!("{}/../../fuzz/corpus/rdp/{file}", env!("CARGO_MANIFEST_DIR"));
        let data = std::fs::read(path).unwrap();
        let (fault, pixels) = session(&data[1..], data.len(), data[0] & 0x80 != 0);
        (fault, pixels.iter().any(|pixel| *pixel != 0))
    }

    #[test]
    fn the_corpus_reaches_what_is_behind_the_envelope() {
        for file in
            ["bitmap-16", "bitmap-32", "fragments", "surface-bits", "slow-path-bitmap", "renewed"]
        {
            println!("{file}: {:?}", outcome(file));
        }
        for file in ["bitmap-16", "bitmap-32"] {
            assert_eq!(outcome(file), (None, true), "{file}");
        }
        for file in ["deactivate", "pointers", "renewing"] {
            assert_eq!(outcome(file).0, None, "{file}");
        }
        assert!(
            matches!(outcome("renewing-huge").0, Some(Error::TooLarge(_))),
            "a picture beyond every bound"
        );
    }
}
