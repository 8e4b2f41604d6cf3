//! Ids of the exchange.

id::ids! {
    people::Fault = people::Fault::Id;
    /// A file attached to a letter or an answer.
    pub AttachmentId;
}
