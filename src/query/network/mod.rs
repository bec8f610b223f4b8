//! Questions about the network that a tree of fields cannot ask: paths, neighborhoods, coverage, withdrawal.

mod coverage;
mod ties;
mod types;
mod walk;

pub use ties::{is_within, standing_in};
pub use types::{root_fields, types};
