//! PDFs in tests: a press that is really there, and what a reader sees of what it prints.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Once;

use paper::Press;

/// Sees to it that `noren-press` lies beside this test: building the server's tests alone does not
/// build it.
pub fn press() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        crate::built("press", || Press::beside_this_program().is_ok());
    });
}

/// The text of a PDF as poppler reads it, without white space: where a line breaks is the
/// typesetter's business.
pub fn text(pdf: &[u8]) -> String {
    pages(pdf).concat()
}

/// The same page by page.
pub fn pages(pdf: &[u8]) -> Vec<String> {
    assert!(pdf.starts_with(b"%PDF-"), "{}", String::from_utf8_lossy(&pdf[..pdf.len().min(200)]));
    let mut child = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("pdftotext (Debian: poppler-utils): {error}"));
    let mut input = child.stdin.take().unwrap();
    let bytes = pdf.to_vec();
    let feed = std::thread::spawn(move || input.write_all(&bytes));
    let out = child.wait_with_output().unwrap();
    feed.join().unwrap().unwrap();
    assert!(out.status.success());
    let text = String::from_utf8(out.stdout).unwrap();
    // Each page ends with a form feed.
    let pages = text.trim_end_matches('\u{c}').split('\u{c}');
    pages.map(|page| page.chars().filter(|c| !c.is_whitespace()).collect()).collect()
}
