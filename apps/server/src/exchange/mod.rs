//! The exchange at the server's edge: forms as workbooks.

pub mod book;
