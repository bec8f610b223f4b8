//! The tests of the whole, in one program.

mod support;

mod schema;
