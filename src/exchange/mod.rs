//! Data in and out: packages of CSV files, and the data that the binary brings.

pub mod builtin;
pub mod gazetteer;
pub mod package;
