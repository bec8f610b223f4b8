//! The query engine: resolvers over one snapshot, and the types of the API that the catalog comes to. Synchronous, and
//! without a word of HTTP or of the library that speaks GraphQL.

mod aggregate;
mod aggregate_types;
pub mod arguments;
pub mod back;
pub mod build;
pub mod connection;
mod disagreement;
pub mod error;
pub mod filter;
pub mod filter_types;
pub mod following;
mod given;
pub mod history;
pub mod kinds;
pub mod mutation;
mod nesting;
pub mod network;
pub mod object;
mod order;
pub mod paging;
mod path;
pub mod provenance;
mod reference;
pub mod relation;
pub mod remembered;
pub mod root;
pub mod scope;
pub mod search;
pub mod sum;
mod tally;
pub mod trace;
pub mod types;

use std::sync::LazyLock;

/// The types of the API. They follow from the catalog, so there is one set of them in a process.
pub fn types() -> &'static types::Types {
    static TYPES: LazyLock<types::Types> = LazyLock::new(build::build);
    &TYPES
}
