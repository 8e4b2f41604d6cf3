//! `core/` is values in, values out: no global that changes. A table that is read once from the
//! program's own text (`LazyLock`) is a constant; what comes later is an argument.

use super::Fault;

/// Types whose value can change behind a shared reference.
const CHANGING: &[&str] =
    &["Mutex<", "RwLock<", "OnceLock<", "OnceCell<", "RefCell<", "Cell<", "Atomic"];

/// The law over one file: a `static` of `core/` holds nothing that changes.
pub(super) fn check(file: &str, text: &str) -> Option<Fault> {
    if !file.starts_with("core/") || !file.ends_with(".rs") {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let at = (0..lines.len()).find(|at| {
        let line = lines[*at].trim_start();
        let named = line.contains("static mut ")
            || line
                .strip_prefix("pub")
                .map_or(line, |rest| {
                    rest.split_once(") ").map_or(rest.trim_start(), |(_, rest)| rest)
                })
                .starts_with("static ");
        // The type of a long one stands on the lines after its name, up to what it is made of.
        let mut rest = lines[*at..].iter().take(3).copied();
        let kind: String = rest.by_ref().collect::<Vec<_>>().join(" ");
        let kind = kind.split('=').next().unwrap_or_default().to_owned();
        line.contains("thread_local!")
            || named && (line.contains("static mut ") || CHANGING.iter().any(|c| kind.contains(c)))
    })?;
    Some(Fault::new(
        format!("{file}:{}", at + 1),
        "a global that changes: `core/` takes values and returns values",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_global_that_changes_is_a_fault_in_core_alone() {
        let faulty = [
            "static LATER: RwLock<BTreeMap<u8, u8>> = RwLock::new(BTreeMap::new());\n",
            "pub(crate) static COUNT: AtomicU64 = AtomicU64::new(0);\n",
            "pub static LATER: LazyLock<Mutex<Vec<u8>>> = LazyLock::new(Mutex::default);\n",
            "static LONG:\n    std::sync::OnceLock<u8> = std::sync::OnceLock::new();\n",
            "static mut COUNT: u64 = 0;\n",
            "thread_local! {\n",
        ];
        for text in faulty {
            assert!(check("core/people/src/body.rs", text).is_some(), "{text}");
            assert!(check("web/kit/src/limit.rs", text).is_none(), "{text}");
        }
        let good = [
            "static BODIES: LazyLock<Vec<Body>> = LazyLock::new(|| Mutex::<u8>::list());\n",
            "pub static NAME: &str = \"Mutex<u8>\";\n",
            "fn a(name: &'static str, lock: &Mutex<u8>) {}\n",
        ];
        for text in good {
            assert_eq!(check("core/people/src/body.rs", text), None, "{text}");
        }
    }
}
