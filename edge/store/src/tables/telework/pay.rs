//! What closed months paid of the allowance.

use super::{BATCH, month, month_number, places, small};
use crate::row::{id, int};
use crate::{Conn, Result, Tx};
use people::{BodyCode, StaffId};
use std::collections::BTreeMap;
use telework::pay::Paid;
use telework::time::Month;

/// Replaces what a month pays; none takes it away.
///
/// # Errors
/// What the database can meet.
pub async fn put_pay(
    tx: &mut Tx,
    body: BodyCode,
    month: Month,
    rows: &[(StaffId, Paid)],
) -> Result<()> {
    sqlx::query("DELETE FROM telework_pay WHERE body = $1 AND month = $2")
        .bind(body.to_string())
        .bind(month_number(month))
        .execute(&mut **tx)
        .await?;
    for batch in rows.chunks(BATCH) {
        let sql = format!(
            "INSERT INTO telework_pay (body, month, staff, rate, yen, arrears) VALUES {}",
            places(batch.len(), 5)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string());
        for (staff, paid) in batch {
            query = query
                .bind(month_number(month))
                .bind(staff.0.to_vec())
                .bind(i64::from(paid.rate))
                .bind(i64::from(paid.yen))
                .bind(paid.arrears);
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

/// What closed months paid, by person and month.
///
/// # Errors
/// What the database can meet.
pub async fn pay(
    conn: &mut Conn,
    body: BodyCode,
) -> Result<BTreeMap<StaffId, BTreeMap<Month, Paid>>> {
    let rows =
        sqlx::query("SELECT month, staff, rate, yen, arrears FROM telework_pay WHERE body = $1")
            .bind(body.to_string())
            .fetch_all(conn)
            .await?;
    let mut found: BTreeMap<StaffId, BTreeMap<Month, Paid>> = BTreeMap::new();
    for row in &rows {
        let paid = Paid {
            rate: small(int(row, "rate")?),
            yen: small(int(row, "yen")?),
            arrears: int(row, "arrears")?,
        };
        found.entry(id(row, "staff")?).or_default().insert(month(int(row, "month")?)?, paid);
    }
    Ok(found)
}
