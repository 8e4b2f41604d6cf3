//! This area as a town.

pub(crate) use crate::town::*;

/// A server with people.
pub(crate) type Town = crate::town::Town<crate::People>;
