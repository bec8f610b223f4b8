//! The tests of the whole, in one program.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod builtin;
mod check;
mod cli;
mod executors;
mod gate;
mod generate;
mod layers;
mod readme;
mod schema;
mod seed_entities;
mod seed_facts;
mod seed_relations;
mod support;
