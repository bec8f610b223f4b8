//! Every bound, with its default. Nothing else in the source names one.

/// The most nodes that a page of a connection holds.
pub const PAGE_MAX: usize = 1_000;

/// How many nodes a page holds where neither `first` nor `last` is given.
pub const PAGE_DEFAULT: usize = 100;

/// The most ids that `nodes(ids:)` takes.
pub const NODES_MAX: usize = 1_000;

/// The most bytes of the store's page cache.
pub const CACHE_BYTES: usize = 256 << 20;

/// The most bytes of a document.
pub const DOCUMENT_BYTES: usize = 64 << 10;

/// The most tokens of a document.
pub const DOCUMENT_TOKENS: usize = 10_000;

/// How deep a document may be nested.
pub const DOCUMENT_DEPTH: usize = 64;

/// How many documents are kept parsed, validated and planned.
pub const DOCUMENTS_CACHED: usize = 512;

/// The most fields that an operation may come to, counted once for each type they are selected on.
pub const PLAN_FIELDS: usize = 50_000;

/// The most bytes of an answer; no object is begun beyond it.
pub const ANSWER_BYTES: usize = 32 << 20;
