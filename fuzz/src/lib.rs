//! One function per decoder: any bytes in, no panic, no unbounded memory. The fuzzer's targets and the test over the corpora
//! both call these.
//!
//! What decodes is encoded again and must give the same value: a decoder that accepts what its encoder cannot say is a fault.

/// Every target by the name of its folder in `corpus/`.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[("wire", wire), ("screen", screen)];

/// The messages of a session, both ways.
pub fn wire(bytes: &[u8]) {
    use wire::session::{ToAgent, ToViewer};
    if let Ok(message) = ToAgent::decode(bytes) {
        let again = message.encode().expect("what was decoded can be encoded");
        assert_eq!(ToAgent::decode(&again).as_ref(), Ok(&message));
    }
    if let Ok(message) = ToViewer::decode(bytes) {
        let again = message.encode().expect("what was decoded can be encoded");
        assert_eq!(ToViewer::decode(&again).as_ref(), Ok(&message));
    }
}

/// Frames of a desktop's picture, and the viewer's acknowledgements.
pub fn screen(bytes: &[u8]) {
    screen::fuzz_decode(bytes);
}
