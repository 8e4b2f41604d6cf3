//! The files of `spec/vectors/screen`, which the viewer's decoder runs too
//! (`viewer/core/screen/vectors.test.js`).
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use screen::Decoder;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/screen")
}

/// FNV-1a of the picture's red, green and blue bytes, row by row.
fn picture(decoder: &Decoder) -> String {
    let (width, height) = decoder.size();
    let mut hash = 0x811c_9dc5u32;
    for y in 0..height {
        for pixel in decoder.row(y) {
            for byte in &pixel.to_be_bytes()[1..] {
                hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
            }
        }
    }
    format!("{width} {height} {hash:08x}")
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// Each line of a case: `frame HEX`, `picture WIDTH HEIGHT HASH` (after the frames before it),
/// `error NAME` (of the frame before it).
fn run(text: &str) -> Result<(), String> {
    let mut decoder = Decoder::new(1 << 22);
    let mut outcome = Ok(Vec::new());
    for line in
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "frame" => {
                if let Err(error) = outcome {
                    return Err(format!("unexpected {error:?}"));
                }
                outcome = decoder.frame(&unhex(rest));
            }
            "picture" => {
                let found = picture(&decoder);
                if outcome.is_err() || found != rest {
                    return Err(format!("{found} instead of {rest}, {:?}", outcome.err()));
                }
            }
            "error" => {
                let found = format!("{:?}", outcome.err());
                if found != format!("Some({rest})") {
                    return Err(format!("{found} instead of {rest}"));
                }
                outcome = Ok(Vec::new());
            }
            _ => return Err(format!("what is {word}?")),
        }
    }
    outcome.map(drop).map_err(|error| format!("{error:?} at the end"))
}

#[test]
fn every_vector_holds() {
    let mut failures = String::new();
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            count += 1;
            if let Err(failure) = run(&fs::read_to_string(&path).unwrap()) {
                let _ = writeln!(failures, "{}: {failure}", path.display());
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count >= 10, "only {count} vectors");
}
