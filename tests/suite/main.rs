//! The tests of the whole, in one program.

mod builtin;
mod check;
mod executors;
mod generate;
mod layers;
mod schema;
mod support;
