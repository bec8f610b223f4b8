//! jiedui (结对): who helps whom between regions, as a GraphQL API over one redb file.
//!
//! The layers, each of which uses only those before it: [`config`], [`model`], [`text`], [`store`], [`change`], [`query`], [`exchange`],
//! [`api`], [`access`], [`http`], [`cli`]. ARCHITECTURE.md walks through them.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod access;
pub mod api;
pub mod change;
pub mod cli;
pub mod config;
pub mod exchange;
pub mod http;
pub mod model;
pub mod query;
pub mod store;
pub mod text;
