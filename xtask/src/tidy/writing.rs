//! Writing takes a `Tx`: a function of the store whose SQL changes something does not take the
//! connection that reading has too, and SQL is the store's alone.

use super::Fault;
use super::unattended::is_test;

/// How SQL that changes something begins. Keywords of SQL are written in capitals.
const WRITES: &[&str] =
    &["INSERT INTO ", "UPDATE ", "DELETE FROM ", " FOR UPDATE", "REPLACE INTO "];

/// The law over one file.
pub(super) fn check(file: &str, text: &str) -> Vec<Fault> {
    if !file.ends_with(".rs") || is_test(file) {
        return Vec::new();
    }
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    if file.starts_with("edge/store/src/") {
        return functions(own)
            .filter(|function| writes(function) && signature(function).contains("&mut Conn"))
            .map(|function| {
                let name = function.split(['(', '<']).next().unwrap_or_default();
                let why = format!("`{name}` writes and takes `&mut Conn`: let it take `&mut Tx`");
                Fault::new(file, why)
            })
            .collect();
    }
    let above = file.starts_with("web/") || file.starts_with("apps/");
    let sql = above && own.contains("sqlx::");
    sql.then(|| Fault::new(file, "`sqlx`: a statement is a function of edge/store"))
        .into_iter()
        .collect()
}

/// Each function from its name on, comments left out.
fn functions(text: &str) -> impl Iterator<Item = String> {
    let code: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let parts: Vec<String> = code.split("fn ").skip(1).map(str::to_owned).collect();
    parts.into_iter()
}

fn signature(function: &str) -> &str {
    function.split('{').next().unwrap_or_default()
}

fn writes(function: &str) -> bool {
    WRITES.iter().any(|word| function.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "edge/store/src/tables/staff.rs";

    #[test]
    fn a_function_that_writes_takes_no_connection() {
        for sql in [
            "INSERT INTO staff (id) VALUES ($1)",
            "UPDATE staff SET name = $2 WHERE id = $1",
            "DELETE FROM staff WHERE id = $1",
            "SELECT 1 FROM staff FOR UPDATE",
        ] {
            let of = |param: &str| {
                format!("pub async fn put({param}, id: i64) {{\n    sqlx::query(\"{sql}\");\n}}\n")
            };
            assert_eq!(check(FILE, &of("conn: &mut Conn")).len(), 1, "{sql}");
            assert_eq!(check(FILE, &of("tx: &mut Tx")), [], "{sql}");
        }
        let read = "pub async fn all(conn: &mut Conn) {\n    sqlx::query(\"SELECT 1\");\n}\n";
        let write =
            "// UPDATE\nasync fn put(tx: &mut Tx) {\n    sqlx::query(\"UPDATE a SET b\");\n}";
        assert_eq!(check(FILE, &format!("{read}{write}")), []);
        assert_eq!(check(FILE, &format!("{write}{read}")), []);
    }

    #[test]
    fn sql_is_the_stores_alone() {
        let text = "sqlx::query(\"SELECT 1\").execute(&mut *conn)";
        assert_eq!(check("web/kit/src/parts/mod.rs", text).len(), 1);
        assert_eq!(check("web/kit/src/parts/tests.rs", text), []);
        assert_eq!(
            check("web/kit/src/parts/mod.rs", &format!("#[cfg(test)]\nmod tests {{{text}}}")),
            []
        );
    }
}
