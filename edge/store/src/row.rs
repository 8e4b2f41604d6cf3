//! Reading columns.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{Fault, Result};

pub(crate) fn text(row: &AnyRow, column: &str) -> Result<String> {
    Ok(row.try_get(column)?)
}

pub(crate) fn int(row: &AnyRow, column: &str) -> Result<i64> {
    Ok(row.try_get(column)?)
}

pub(crate) fn flag(row: &AnyRow, column: &str) -> Result<bool> {
    Ok(int(row, column)? != 0)
}

pub(crate) fn bytes(row: &AnyRow, column: &str) -> Result<Vec<u8>> {
    Ok(row.try_get(column)?)
}

pub(crate) fn opt_bytes(row: &AnyRow, column: &str) -> Result<Option<Vec<u8>>> {
    Ok(row.try_get(column)?)
}

pub(crate) fn opt_text(row: &AnyRow, column: &str) -> Result<Option<String>> {
    Ok(row.try_get(column)?)
}

pub(crate) fn blob32(row: &AnyRow, column: &str) -> Result<[u8; 32]> {
    bytes(row, column)?.try_into().map_err(|_| Fault::Corrupt(format!("{column} is not 32 bytes")))
}

/// An identity of 16 bytes.
pub(crate) fn id<T>(row: &AnyRow, column: &str) -> Result<T>
where
    T: for<'a> TryFrom<&'a [u8], Error = people::Fault>,
{
    Ok(T::try_from(&bytes(row, column)?)?)
}

/// An identity that may be missing.
pub(crate) fn opt_id<T>(row: &AnyRow, column: &str) -> Result<Option<T>>
where
    T: for<'a> TryFrom<&'a [u8], Error = people::Fault>,
{
    opt_bytes(row, column)?.map(|bytes| Ok(T::try_from(&bytes)?)).transpose()
}

/// A value stored as its text.
pub(crate) fn parsed<T: std::str::FromStr>(row: &AnyRow, column: &str) -> Result<T> {
    text(row, column)?.parse().map_err(|_| Fault::Corrupt(column.to_owned()))
}

/// `$FROM, ...`: the places of so many values, the first of them numbered `from`.
pub(crate) fn list(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
