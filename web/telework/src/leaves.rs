//! Leaves: who is away when.

use ::people::BodyCode;
use store::Conn;
use store::telework::PaperKind;
use telework::papers::Leave;

/// Every leave of the body that was not taken back.
pub(crate) async fn leaves(conn: &mut Conn, body: BodyCode) -> store::Result<Vec<Leave>> {
    let papers = store::telework::papers::<Leave>(conn, body, PaperKind::Leave).await?;
    Ok(papers.into_iter().map(|paper| paper.value).filter(|leave| !leave.removed).collect())
}
