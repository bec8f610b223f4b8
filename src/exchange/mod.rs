//! Data in and out: packages of CSV files and other forms, and the data that the binary brings.

pub mod builtin;
pub mod columns;
pub mod gazetteer;
pub mod intake;
pub mod outlet;
pub mod package;
pub mod template;

/// How far the import is.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// What is done now.
    pub what: &'a str,
    /// How much of it is done.
    pub done: u64,
    /// Of how much; 0 where that is not known.
    pub total: u64,
}
