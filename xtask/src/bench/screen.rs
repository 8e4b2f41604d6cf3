//! The whole path on the screen harness: bytes, CPU, fidelity and key-to-pixel times of Noren and
//! of its peers on the same desktop with the same work. The harness is not part of this repository:
//! `NOREN_SCREEN_HARNESS` names its folder, or it stands beside the repository.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::aim;
use crate::place;

/// Peers whose final picture is exact; the cheapest of them is the mark.
const EXACT: &[&str] = &["novnc-lossless", "tigervnc-lossless"];

/// Work in which at most half of the mark is the aim; the rest: at most the mark, or what is said
/// beside it.
const HALF: &[&str] = &["W1", "W2", "W3", "W4"];

pub(super) fn run() -> Result<bool> {
    let root = place::root();
    let harness = std::env::var_os("NOREN_SCREEN_HARNESS")
        .map_or_else(|| root.join("../shared/measure/screen"), PathBuf::from);
    ensure!(
        harness.join("measure.py").is_file(),
        "no screen harness at {} (NOREN_SCREEN_HARNESS)",
        harness.display()
    );
    let out = place::programs(true)?.join("bench-screen.json");
    std::fs::remove_file(&out).ok();
    let systems = std::env::var("NOREN_SYSTEMS").unwrap_or_else(|_| {
        "none,novnc,novnc-lossless,tigervnc-lossless,guacamole-vnc,noren,noren-watermark".to_owned()
    });
    let mut c = Command::new("/usr/bin/python3");
    c.arg(harness.join("measure.py"))
        .args(["--load", "noren", "--latency", "--frames", "--systems", &systems, "--out"])
        .arg(&out);
    if let Ok(workloads) = std::env::var("NOREN_WORKLOADS") {
        c.args(["--workloads", &workloads]);
    }
    c.env("PYTHONPATH", root.join("tests/measure")).env("NOREN_XTASK", std::env::current_exe()?);
    ensure!(c.status().context("python3")?.success(), "the harness failed");
    let results: Value = serde_json::from_slice(&std::fs::read(&out)?)?;
    println!("results: {} (the harness's report.py makes tables of it)", out.display());
    Ok(judge(&results))
}

/// Prints each aim and says whether all are met.
fn judge(results: &Value) -> bool {
    let mut met = true;
    let work = |system: &str, w: &str, key: &str| median(&results["work"][system][w], key);
    for w in ["W1", "W2", "W3", "W4", "W6", "W7", "W8"] {
        let Some(ours) = work("noren", w, "s2c") else { continue };
        let exact = work("noren", w, "exact").unwrap_or_default();
        met &= aim(
            &format!("{w} final picture"),
            &format!("{:.2} %", exact * 100.0),
            "100 %",
            exact >= 1.0,
        );
        let best = EXACT.iter().filter_map(|s| work(s, w, "s2c")).fold(f64::INFINITY, f64::min);
        let (mark, limit) = match w {
            "W6" => ("noVNC", work("novnc", w, "s2c").unwrap_or(f64::INFINITY)),
            "W7" => ("Guacamole", work("guacamole-vnc", w, "s2c").unwrap_or(f64::INFINITY)),
            w if HALF.contains(&w) => ("half the best exact", best / 2.0),
            _ => ("the best exact", best),
        };
        met &= aim(
            &format!("{w} bytes"),
            &format!("{:.0} kB", ours / 1e3),
            &format!("{mark}: {:.0} kB", limit / 1e3),
            ours <= limit,
        );
        if let Some(marked) = work("noren-watermark", w, "s2c") {
            met &= aim(
                &format!("{w} bytes with the watermark"),
                &format!("{:.2} times", marked / ours),
                "1.5 times",
                marked <= ours * 1.5,
            );
        }
        if let (Some(ours), Some(guacd)) =
            (work("noren", w, "server_cpu"), work("guacamole-vnc", w, "server_cpu"))
        {
            met &= aim(
                &format!("{w} CPU at the office"),
                &format!("{ours:.2} s"),
                &format!("guacd: {guacd:.2} s"),
                ours <= guacd,
            );
        }
        let browser = |s: &str| {
            Some(work(s, w, "renderer_cpu")? + work(s, w, "gpu-process_cpu").unwrap_or_default())
        };
        if let (Some(ours), Some(novnc)) = (browser("noren"), browser("novnc")) {
            met &= aim(
                &format!("{w} CPU of the browser"),
                &format!("{ours:.2} s"),
                &format!("noVNC: {novnc:.2} s"),
                ours <= novnc,
            );
        }
    }
    for link in ["0ms", "40ms"] {
        let p50 = |s: &str| median(&results["latency"][s][link], "p50");
        if let (Some(ours), Some(novnc)) = (p50("noren"), p50("novnc")) {
            met &= aim(
                &format!("key to pixel, {link}"),
                &format!("{ours:.0} ms"),
                &format!("noVNC: {novnc:.0} ms"),
                ours <= novnc,
            );
        }
    }
    if let Some(p95) = median(&results["latency"]["noren"]["40ms-5Mbps-video"], "p95") {
        met &= aim(
            "key to pixel beside a video, p95",
            &format!("{p95:.0} ms"),
            "100 ms",
            p95 <= 100.0,
        );
    }
    let shown = &results["frames"]["noren"]["W7 40ms-5Mbps"];
    if let (Some(shown), Some(seconds)) = (median(shown, "shown"), median(shown, "seconds")) {
        met &= aim(
            "pictures of the video a second, 5 Mbit/s",
            &format!("{:.1}", shown / seconds),
            "15",
            shown / seconds >= 15.0,
        );
    }
    met
}

/// The median of a key over runs.
fn median(runs: &Value, key: &str) -> Option<f64> {
    let mut all: Vec<f64> = runs.as_array()?.iter().filter_map(|r| r[key].as_f64()).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn aims_are_judged_against_the_peers_of_the_run() {
        let run = |bytes: u32| json!([{"s2c": bytes, "exact": 1.0, "server_cpu": 1.0}]);
        let peers = json!(
            {"novnc-lossless": {"W1": run(18_000)}, "tigervnc-lossless": {"W1": run(20_000)},
                "noren": {"W1": run(9_000)}});
        assert!(judge(&json!({"work": peers})));
        let dearer = json!({"novnc-lossless": {"W1": run(18_000)}, "noren": {"W1": run(9_001)}});
        assert!(!judge(&json!({"work": dearer})));
    }

    #[test]
    fn a_picture_that_is_not_exact_misses_the_aim() {
        let work = json!(
            {"noren": {"W8": [{"s2c": 1, "exact": 0.9999}]},
                "novnc-lossless": {"W8": [{"s2c": 9, "exact": 1.0}]}});
        assert!(!judge(&json!({"work": work})));
    }
}
