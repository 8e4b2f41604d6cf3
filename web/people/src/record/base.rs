//! For tests of this crate and of the server, which includes this file: a town whose data can be
//! copied and put back.

#![allow(dead_code)] // Each of the two uses its part.

use std::path::PathBuf;

use sqlx::Connection;
use web_people::record::Outside;
use web_people::record::gathered::gather;
use web_people::record::restored::{Report, restore};

use crate::testing::Town;
use crate::testing::database::Postgres;

/// A town whose data can be copied and put back, and what stands outside it.
pub(crate) struct Base {
    elsewhere: tempfile::TempDir,
    postgres: Option<Postgres>,
}

impl Base {
    /// In a file.
    pub(crate) fn sqlite() -> Self {
        Self { elsewhere: tempfile::tempdir().unwrap(), postgres: None }
    }

    /// In a PostgreSQL server of its own.
    pub(crate) fn postgres() -> Self {
        Self { postgres: Some(Postgres::start()), ..Self::sqlite() }
    }

    pub(crate) async fn town(&self) -> Town {
        let Some(server) = &self.postgres else { return Town::new().await };
        server.store("town").await.close().await;
        Town::on(server.address("town")).await
    }

    /// A path outside the town.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.elsewhere.path().join(name)
    }

    /// Where anchors are written.
    pub(crate) fn outside(&self) -> Outside {
        Outside { anchor_file: Some(self.path("anchors")), ..Outside::default() }
    }

    /// A copy of the database as it is now.
    pub(crate) async fn copy(&self, town: &Town) {
        if let Some(server) = &self.postgres {
            return server.copy("town");
        }
        let statement = format!("VACUUM INTO '{}'", self.path("old.sqlite").display());
        // A connection of its own: what the store reads with writes no file either.
        let address = format!("sqlite:{}", town.folder.path().join("noren.sqlite").display());
        let mut conn = sqlx::AnyConnection::connect(&address).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut conn).await.unwrap();
    }

    /// The copy put back, and the server started over it.
    pub(crate) async fn put_back(&self, town: Town) -> Town {
        town.app.store.close().await;
        if let Some(server) = &self.postgres {
            server.put_back("town");
        } else {
            for rest in ["noren.sqlite", "noren.sqlite-wal", "noren.sqlite-shm"] {
                _ = std::fs::remove_file(town.folder.path().join(rest));
            }
            std::fs::copy(self.path("old.sqlite"), town.folder.path().join("noren.sqlite"))
                .unwrap();
        }
        town.reopened().await
    }

    /// Everything told outside, and everything on record as a receiver collected it.
    pub(crate) async fn tell(&self, town: &Town) {
        anchor(town, &self.outside()).await;
        export(town, &self.path("collected")).await;
    }

    /// What `restored` does with what was told.
    pub(crate) async fn restored(&self, town: &Town, files: &[&str]) -> Report {
        let files: Vec<PathBuf> = files.iter().map(|name| self.path(name)).collect();
        let key = town.app.keys.signing.verifying_key();
        let found = gather(&mut town.app.store.read().await.unwrap(), &files, &key).await.unwrap();
        restore(&town.app, &found, &Default::default(), false).await.unwrap()
    }
}

/// Everything on record, as a receiver collected it.
pub(crate) async fn export(town: &Town, to: &std::path::Path) {
    let mut conn = town.app.store.read().await.unwrap();
    let mut text = String::new();
    for chain in store::chains(&mut conn).await.unwrap() {
        for record in store::audit_after(&mut conn, chain, 0, 10_000).await.unwrap() {
            text.push_str(&audit::syslog(&record, "2026-01-01T00:00:00Z", "noren"));
            text.push('\n');
        }
    }
    std::fs::write(to, text).unwrap();
}

/// Writes anchors into the file, as the turn every few seconds does.
pub(crate) async fn anchor(town: &Town, outside: &Outside) {
    let opened = outside.open(&town.app, town.folder.path()).await.unwrap();
    opened.turn(&town.app).await.unwrap();
}
