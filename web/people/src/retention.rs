//! What is kept for a time and then deleted: the addresses people connected from (spec/audit.md).

use audit::{Chain, Decision, Event, Kind, Who};
use people::RecordPolicy;

use crate::People;
use kit::error::Refusal;

impl People {
    /// Deletes the addresses that each body has kept long enough, and says so on its record.
    /// Answers how many chains had any.
    ///
    /// # Errors
    /// What the database can meet; what was not deleted now is deleted the next time.
    pub async fn delete_old_addresses(&self) -> Result<usize, Refusal> {
        let mut conn = self.store.read().await?;
        let mut chains = vec![(Chain::SERVER, RecordPolicy::default())];
        for served in store::bodies::all(&mut conn).await? {
            chains.push((
                served.code.chain(),
                store::bodies::record_policy(&mut conn, served.code).await?,
            ));
        }
        let mut due = Vec::new();
        for (chain, policy) in chains {
            let before = policy.deleted_before(self.now());
            if store::addresses::due(&mut conn, chain, before).await? {
                due.push((chain, policy, before));
            }
        }
        drop(conn);
        let found = due.len();
        for (chain, policy, before) in due {
            // A body at a time: nobody waits for another body's turn.
            let mut tx = self.store.write(chain, self.now()).await?;
            let (records, sessions) = store::addresses::sweep(&mut tx, chain, before).await?;
            let event = Event::new(
                chain,
                Who::System,
                Kind::ADDRESSES_DELETED,
                format!("{} days", policy.address_days),
            )
            .with("records", records)
            .with("sessions", sessions)
            .with("before_ms", before);
            tx.commit(Decision::new((), event)).await?;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use audit::Chain;
    use axum::http::StatusCode;
    use people::BodyCode;

    use crate::testing::{HOME, PASSWORD, Town};

    const DAY_MS: u64 = 86_400_000;

    fn home() -> Chain {
        HOME.parse::<BodyCode>().unwrap().chain()
    }

    /// Everything the database holds of the record and beside it, as text.
    async fn raw(town: &Town) -> String {
        let mut conn = town.app.store.read().await.unwrap();
        let mut all = String::new();
        for chain in store::chains(&mut conn).await.unwrap() {
            for record in store::audit_after(&mut conn, chain, 0, 1_000).await.unwrap() {
                all.push_str(&String::from_utf8_lossy(&record.bytes()));
            }
        }
        all
    }

    #[tokio::test]
    async fn a_home_address_is_kept_as_long_as_the_body_says_and_the_chain_holds_without_it() {
        let town = Town::new().await;
        let at: IpAddr = "203.0.113.77".parse().unwrap();
        let mut staff = town.browser();
        staff.address = at;
        staff.get("/sign-in").await;
        // Somebody who guesses, then she herself.
        let wrong = [
            ("body", HOME),
            ("login", "staff1"),
            ("password", "x"),
            ("code", "000000"),
            ("next", "/"),
        ];
        assert_eq!(staff.post("/sign-in", &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        town.clock.advance(30_000);
        let code = town.code();
        let right = [
            ("body", HOME),
            ("login", "staff1"),
            ("password", PASSWORD),
            ("code", &code),
            ("next", "/"),
        ];
        assert_eq!(staff.post("/sign-in", &right).await.status, StatusCode::SEE_OTHER);
        assert!(!raw(&town).await.contains("203.0.113.77"), "the chained bytes hold no address");
        let mut it = town.sign_in("it1").await;
        let page = it.get("/admin/audit").await;
        assert!(
            page.ok().contains("203.0.113.77"),
            "who may read the record reads it while it is kept"
        );
        assert!(
            it.get("/admin/audit?q=203.0.113.77").await.ok().contains("203.0.113.77"),
            "and finds by it"
        );
        for (days, status) in
            [("365", StatusCode::UNPROCESSABLE_ENTITY), ("366", StatusCode::SEE_OTHER)]
        {
            assert_eq!(
                it.post("/admin/policy/record", &[("address_days", days)]).await.status,
                status,
                "{days}"
            );
        }

        town.clock.advance(365 * DAY_MS);
        assert_eq!(town.app.delete_old_addresses().await.unwrap(), 0);
        town.clock.advance(2 * DAY_MS);
        assert!(town.app.delete_old_addresses().await.unwrap() > 0);
        assert_eq!(town.app.delete_old_addresses().await.unwrap(), 0, "once");
        let mut conn = town.app.store.read().await.unwrap();
        let page = store::audit_page(&mut conn, home(), &store::AuditFilter::default(), 200)
            .await
            .unwrap();
        let shown = format!("{page:?}");
        assert!(!shown.contains("203.0.113.77") && shown.contains("hmac:"), "{shown}");
        let deleted = page
            .iter()
            .find(|record| record.kind == audit::Kind::ADDRESSES_DELETED)
            .expect("it is on record");
        assert_eq!(deleted.subject, "366 days");
        assert!(store::verify_chain(&mut conn, home()).await.unwrap().is_ok(), "the chain holds");
        assert!(store::addresses::verify(&mut conn, home()).await.unwrap().whole());
    }
}
