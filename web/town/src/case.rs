//! A case of the exchange for tests.

use exchange::body::prefecture_of;
use exchange::case::{Addressee, Case, CaseId, Deadline, Delivery, STAFFING, Stage, State, blank};
use people::BodyCode;
use store::Tx;

/// A sent case with a delivery of one body, and nobody else's business.
pub async fn secret_case(tx: &mut Tx, body: BodyCode) -> String {
    let id = CaseId { year: 2026, serial: 9 };
    let day = "2026-10-01".parse().unwrap();
    let mut case = Case { stage: Stage::Sent, ..blank(id, day) };
    case.letter.subject = "秘密の照会".into();
    store::exchange::add_case(tx, &case).await.unwrap();
    let delivery = Delivery {
        case: id,
        to: Addressee { body, desk: STAFFING.into() },
        via: Some(prefecture_of(body)),
        state: State::Sent,
        deadline: Some(Deadline { ministry: day, prefecture: None, extended: None }),
        note: None,
        extension: None,
        extension_refused: None,
        correction: None,
        answer: None,
        parts: Default::default(),
        remarks: Vec::new(),
        receipts: Vec::new(),
        entered: Default::default(),
        revision: 0,
    };
    store::exchange::add_deliveries(tx, &[delivery], 0).await.unwrap();
    id.to_string()
}
