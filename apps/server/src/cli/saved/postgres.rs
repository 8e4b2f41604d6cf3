//! `pg_dump` and `pg_restore`, which come with PostgreSQL.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use url::Url;

/// Writes a database into a file (custom format).
///
/// # Errors
/// What the program says.
pub fn dump(address: &str, file: &Path) -> anyhow::Result<()> {
    let mut command = with_database("pg_dump", address)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(file);
    run(command)
}

/// Puts a file into an empty database, all of it or nothing.
///
/// # Errors
/// What the program says.
pub fn restore(address: &str, file: &Path) -> anyhow::Result<()> {
    let mut command = with_database("pg_restore", address)?;
    command.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]);
    command.arg(file);
    run(command)
}

/// The password goes by the environment: everybody on the machine can read arguments.
fn with_database(program: &str, address: &str) -> anyhow::Result<Command> {
    let mut url = Url::parse(address).context("the address of the database")?;
    let mut command = Command::new(program);
    if let Some(password) = url.password() {
        let password = percent(password)?;
        command.env("PGPASSWORD", password);
        _ = url.set_password(None);
    }
    // PostgreSQL's own library takes it there too.
    let all: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if let Some((_, password)) = all.iter().find(|(name, _)| name == "password") {
        command.env("PGPASSWORD", password);
        url.set_query(None);
        for (name, value) in all.iter().filter(|(name, _)| name != "password") {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    command.arg(format!("--dbname={url}"));
    Ok(command)
}

/// What percent signs of an address stand for.
fn percent(text: &str) -> anyhow::Result<String> {
    let pair = format!("x={}", text.replace('+', "%2B"));
    let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
    decoded.map(|(_, value)| value.into_owned()).context("the password of the database")
}

fn run(mut command: Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command.output().with_context(|| {
        format!("{name} is not here: install PostgreSQL's client (postgresql-client)")
    })?;
    ensure!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr).trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_no_argument() {
        let command = with_database("pg_dump", "postgres://noren:a%2Bb%20c@db:5433/book").unwrap();
        let said: Vec<String> =
            command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(said, ["--dbname=postgres://noren@db:5433/book"]);
        let env: Vec<_> = command.get_envs().collect();
        assert_eq!(env.len(), 1);
        assert_eq!(env[0].1.unwrap(), "a+b c");
        let address = "postgres://noren@db/book?password=geheim&sslmode=require";
        let command = with_database("pg_dump", address).unwrap();
        let said: Vec<_> = command.get_args().collect();
        assert_eq!(said, ["--dbname=postgres://noren@db/book?sslmode=require"]);
        assert_eq!(command.get_envs().next().unwrap().1.unwrap(), "geheim");
    }
}
