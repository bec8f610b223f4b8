//! Data in and out: packages of CSV files and other forms, and the data that the binary brings.

pub mod builtin;
pub mod columns;
pub mod gazetteer;
pub mod outlet;
pub mod package;
