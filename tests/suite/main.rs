//! The tests of the whole, in one program.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod as_of;
mod builtin;
mod check;
mod cli;
mod departures;
mod executors;
mod files;
mod following;
mod gate;
mod gazetteer;
mod gazetteer_files;
mod generate;
mod http;
mod layers;
mod mutations;
mod national_pairings;
mod network;
mod oracle;
mod paging;
mod playground;
mod provenance;
mod readme;
mod resolve;
mod schema;
mod search;
mod seed_entities;
mod seed_facts;
mod seed_relations;
mod server;
mod support;
mod text;
mod traps;
mod writer;
