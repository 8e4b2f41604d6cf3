//! The server killed outright while desks submit and while a file of the whole country is taken in:
//! an answer, or the file, is taken whole or not at all, and the receipt tells which.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use common::{ask, field, free_port, run, seed, send, sign_in, start};
use serde_json::Value;

const DESKS: usize = 24;

#[test]
fn killed_during_submit_all_or_nothing_and_the_receipt_tells() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    seed(&data, &["people", "--json"]);
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/exchange/testdata");
    let (r3, r2) = (format!("{sources}/answers-r3.csv"), format!("{sources}/answers-r2.csv"));
    let desks = DESKS.to_string();
    let words =
        ["exchange", "--json", "--ready", "--desks", &desks, "--answers", &r3, "--previous", &r2];
    let made: Value = serde_json::from_slice(&seed(&data, &words)).unwrap();
    let case = made["case"].as_str().unwrap().to_owned();
    let cookies: Vec<String> = made["desks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|desk| desk[1].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(cookies.len(), DESKS);

    let port = free_port();
    let mut server = start(&data, port);
    // Every desk opens its page, so that it has the key of its intention, and then all press at
    // once.
    let forms: Vec<String> = cookies.iter().map(|cookie| form(port, cookie, &case)).collect();
    let taken = AtomicUsize::new(0);
    let acknowledged: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = cookies
            .iter()
            .zip(&forms)
            .map(|(cookie, form)| {
                let (case, taken) = (&case, &taken);
                scope.spawn(move || {
                    let answer =
                        ask(port, cookie, "POST", &format!("/exchange/cases/{case}/own"), form);
                    let yes = answer.is_ok_and(|(status, _)| status == 303);
                    taken.fetch_add(usize::from(yes), Ordering::SeqCst);
                    yes
                })
            })
            .collect();
        // In the middle of it: some have their receipt, the others are on their way.
        while taken.load(Ordering::SeqCst) < DESKS / 4 {
            std::thread::yield_now();
        }
        server.kill().unwrap();
        server.wait().unwrap();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(acknowledged.iter().any(|yes| !yes), "it was killed too late to prove anything");

    let mut server = start(&data, port);
    let mut unheard = 0;
    for ((cookie, form), heard) in cookies.iter().zip(&forms).zip(acknowledged) {
        let before = receipts(port, cookie, &case);
        assert!(before.len() <= 1);
        assert!(!heard || before.len() == 1, "a submission that was acknowledged is gone");
        unheard += usize::from(!heard && before.len() == 1);
        // Whoever did not hear presses again with the same key: one receipt, the first one if there
        // was one.
        let (status, text) =
            ask(port, cookie, "POST", &format!("/exchange/cases/{case}/own"), form).unwrap();
        assert_eq!(status, 303, "{text}");
        let after = receipts(port, cookie, &case);
        assert_eq!(after.len(), 1);
        assert!(before.is_empty() || before == after);
        let (_, page) =
            ask(port, cookie, "GET", &format!("/exchange/receipts?number={}", after[0]), "")
                .unwrap();
        assert!(page.contains("受け付けています"), "{page}");
    }
    println!("{unheard} were taken without the desk hearing of it");
    server.kill().unwrap();
    server.wait().unwrap();
    // The record is whole: nothing was half written.
    run(&data, &["audit", "verify"]);
}

#[test]
fn killed_during_a_big_import_nothing_of_it_is_there_and_all_of_it_the_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    seed(&data, &["people", "--json"]);
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/exchange/testdata");
    let (r3, r2) = (format!("{sources}/answers-r3.csv"), format!("{sources}/answers-r2.csv"));
    let words = ["exchange", "--json", "--ready", "--answers", &r3, "--previous", &r2];
    let made: Value = serde_json::from_slice(&seed(&data, &words)).unwrap();
    let case = made["case"].as_str().unwrap();
    let file = std::fs::read(&r3).unwrap();

    let port = free_port();
    let mut server = start(&data, port);
    let cookie = sign_in(port, &made["people"][0]);
    let job = import(port, &cookie, case, &file);
    // In the middle of it: some rows are written, others are not.
    loop {
        let (_, told) = ask(port, &cookie, "GET", &format!("{job}/progress"), "").unwrap();
        let told: Value = serde_json::from_str(told.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(told["over"], false, "it was over before it was killed: {told}");
        if told["done"].as_u64() > Some(0) {
            assert!(told["done"].as_u64() < told["total"].as_u64(), "{told}");
            break;
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();

    let mut server = start(&data, port);
    let page = |path: &str| ask(port, &cookie, "GET", path, "").unwrap().1;
    let done = || {
        page(&format!("/exchange/cases/{case}/board")).split("<p class=\"big\">").nth(1).map(
            |rest| rest.trim_start().chars().take_while(char::is_ascii_digit).collect::<String>(),
        )
    };
    assert_eq!(done().as_deref(), Some("0"), "nothing of it");
    let one = format!("/exchange/cases/{case}/bodies/012025");
    assert!(!page(&one).contains("受付番号"), "no receipt tells of what was not taken");
    let job = import(port, &cookie, case, &file);
    while !page(&job).contains("団体の回答を取り込みました") {
        assert!(!page(&job).contains("取り込みませんでした"), "{}", page(&job));
    }
    assert_eq!(done().as_deref(), Some("1788"));
    assert_eq!(page(&one).matches("<dt>受付番号</dt>").count(), 1, "once");
    server.kill().unwrap();
    server.wait().unwrap();
    run(&data, &["audit", "verify"]);
}

/// Sends a file of answers; gives the path of the import.
fn import(port: u16, cookie: &str, case: &str, file: &[u8]) -> String {
    let path = format!("/exchange/cases/{case}/import");
    let (_, page) = ask(port, cookie, "GET", &path, "").unwrap();
    let mut body = Vec::new();
    for (name, text) in [("csrf", field(&page, "csrf")), ("reason", "紙で届いたため")] {
        body.extend(
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
                .into_bytes(),
        );
    }
    body.extend(
        b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"answers.csv\"\r\n\r\n",
    );
    body.extend(file);
    body.extend(b"\r\n--x--\r\n");
    let signed = format!("noren={cookie}");
    let (status, answer) =
        send(port, &signed, "POST", &path, "multipart/form-data; boundary=x", &body).unwrap();
    assert_eq!(status, 303, "{answer}");
    let looked = location(&answer);
    // First it is only looked at; then it is taken.
    loop {
        let (_, told) = ask(port, cookie, "GET", &format!("{looked}/progress"), "").unwrap();
        let told: Value = serde_json::from_str(told.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        if told["over"] == true {
            break;
        }
    }
    let (_, page) = ask(port, cookie, "GET", &looked, "").unwrap();
    let token = format!("csrf={}", field(&page, "csrf"));
    let (status, answer) = ask(port, cookie, "POST", &looked, &token).unwrap();
    assert_eq!(status, 303, "{answer}");
    location(&answer)
}

fn location(answer: &str) -> String {
    answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned()
}

fn form(port: u16, cookie: &str, case: &str) -> String {
    let (status, page) = ask(port, cookie, "GET", &format!("/exchange/cases/{case}"), "").unwrap();
    assert_eq!(status, 200, "{page}");
    let field = |name: &str| field(&page, name);
    format!("csrf={}&revision={}&key={}&act=submit", field("csrf"), field("revision"), field("key"))
}

fn receipts(port: u16, cookie: &str, case: &str) -> Vec<String> {
    let (_, page) = ask(port, cookie, "GET", &format!("/exchange/cases/{case}"), "").unwrap();
    // Between the tags of a page stands white space that says nothing.
    let page: String = page.lines().map(str::trim).collect();
    page.split("<li><span class=\"code\">")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect()
}
