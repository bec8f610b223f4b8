//! The tests of the whole, in one program.

mod as_of;
mod builtin;
mod check;
mod cli;
mod executors;
mod gate;
mod generate;
mod layers;
mod national_pairings;
mod readme;
mod schema;
mod seed_entities;
mod seed_facts;
mod seed_relations;
mod support;
mod traps;
