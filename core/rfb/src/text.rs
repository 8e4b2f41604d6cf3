//! Text from the server: shortened, and without control characters that could act on a terminal.

/// Longest text kept from a server, in bytes.
pub const MOST_NAME: usize = 256;

/// Reads UTF-8 where it is valid, Latin-1 otherwise; control characters become spaces.
pub(crate) fn clean(bytes: &[u8]) -> String {
    let bytes = bytes.get(..MOST_NAME * 2).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) if error.error_len().is_none() => {
            String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned()
        }
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut out = String::new();
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if out.len() + c.len_utf8() > MOST_NAME {
            break;
        }
        out.push(c);
    }
    out
}
