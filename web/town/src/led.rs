//! A town whose people belong somewhere.

use people::{Division, DivisionId};

use super::{Area, HOME, Town};

/// The division of `staff1` and `superior1`, which `superior1` leads.
pub const DIVISION: DivisionId = DivisionId([0xd1; 16]);
/// Nobody leads this one.
pub const OTHER_DIVISION: DivisionId = DivisionId([0xd2; 16]);

/// A town in which `staff1` and `superior1` are in a division `superior1` leads, and nobody leads
/// the other one.
pub async fn led_town<A: Area>() -> Town<A> {
    let town = Town::<A>::new().await;
    let (staff, superior) =
        (town.person(HOME, "staff1").await, town.person(HOME, "superior1").await);
    let mut tx = town.app.people().write_unattended(staff.body).await.unwrap();
    for (id, code, leader) in [(DIVISION, "100", Some(superior.id)), (OTHER_DIVISION, "200", None)]
    {
        let name = format!("課{code}").parse().unwrap();
        let division = Division {
            id,
            body: staff.body,
            code: code.into(),
            name,
            superior: leader,
            deputy: None,
        };
        store::divisions::add(&mut tx, &division).await.unwrap();
    }
    for mut one in [staff, superior] {
        one.division = Some(DIVISION);
        assert!(store::staff::change(&mut tx, &one).await.unwrap());
    }
    tx.keep(()).await.unwrap();
    town
}
