//! Every bound, with its default. Nothing else in the source names one.

use std::time::Duration;

/// The most nodes that a page of a connection holds.
pub const PAGE_MAX: usize = 1_000;

/// How many nodes a page holds where neither `first` nor `last` is given.
pub const PAGE_DEFAULT: usize = 100;

/// The most ids that `nodes(ids:)` takes.
pub const NODES_MAX: usize = 1_000;

/// The most records that may have changed since a past revision that is asked.
pub const PAST_CHANGES_MAX: usize = 50_000;

/// The most revisions, or changes of one, that are shown at once.
pub const HISTORY_MAX: usize = 100;

/// How long a store whose disk failed is only read before a change tries the file again.
pub const WRITE_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The most changes of one set.
pub const CHANGES_MAX: usize = 50_000;

/// The most changes that one event of a subscription tells; a revision with more comes in parts.
pub const EVENT_CHANGES_MAX: usize = 100;

/// The most bytes of one event; where its changes come to more, it tells fewer of them.
pub const EVENT_BYTES_MAX: usize = 1 << 20;

/// How many revisions without an event a subscription passes at a time.
pub const PASSED_OVER_MAX: usize = 256;

/// How many subscriptions read at once; the others wait for their turn.
pub const EVENTS_READ_AT_ONCE: usize = 4;

/// Of how many changes it is kept in memory, for all who follow, which revision made them.
pub const TOLD_CHANGES_KEPT: usize = 1_000_000;

/// The longest idempotency key.
pub const IDEMPOTENCY_KEY_BYTES: usize = 200;

/// The most records that are told to refer to one that is to be deleted.
pub const REFERRERS_TOLD: usize = 100;

/// The most errors that an answer holds; one with more is given up.
pub const ERRORS_MAX: usize = 100;

/// The most conditions and operands that a filter holds.
pub const FILTER_VALUES: usize = 20_000;

/// The most groups that an aggregate makes.
pub const GROUPS_MAX: usize = 100_000;

/// The most records that a walk through the network looks at.
pub const WALK_NODES_MAX: usize = 20_000;

/// The most steps that a walk goes.
pub const WALK_DEPTH_MAX: usize = 12;

/// The most records whose citations an answer lists.
pub const CITED_MAX: usize = 10_000;

/// The most records that a search looks at.
pub const SEARCH_LOOKS_MAX: usize = 50_000;

/// Up to how many records of a kind are looked at one by one for those that stand in a region.
pub const STANDING_FEW: u64 = 20_000;

/// The most hits that a search shows.
pub const SEARCH_HITS_MAX: usize = 10_000;

/// The most names that `resolve` takes.
pub const RESOLVE_NAMES_MAX: usize = 1_000;

/// The most regions of a level that are looked at for one name.
pub const RESOLVE_LOOKS_MAX: usize = 20_000;

/// The most regions of a level that one name is found to mean.
pub const RESOLVE_ALIKE_MAX: usize = 500;

/// From how many regions of a level on, of which any may have a name, those in `within` are looked at instead.
pub const RESOLVE_FEW: usize = 500;

/// How many regions `resolve` remembers between the names of a list.
pub const RESOLVE_KEPT: usize = 50_000;

/// The most values that the arguments of a request come to with its variables, each counted where it is used.
pub const BOUND_VALUES_MAX: usize = 100_000;

/// How often an operation may ask for `__schema`: each answer is large.
pub const SCHEMAS_MAX: usize = 3;

/// The most letters and digits of a name that search looks at.
pub const NAME_CHARS: usize = 128;

/// The most letters and digits that a search text has; at most 63, for the bits of a word.
pub const QUERY_CHARS: usize = 60;

/// The most ways to read a search text that its candidates are told apart by.
pub const QUERY_READINGS: usize = 48;

/// The most ways by tokens, where characters of which little is typed are looked for by each syllable that they can be.
pub const QUERY_WAYS: usize = 1_000;

/// From how many records on an answer counts as long, and runs on a thread that may block.
pub const COST_OF_LONG: u64 = 20_000;
/// How many fields are looked at to tell what nested pages may read together; beyond that each is reckoned alone.
pub const COST_STEPS: usize = 20_000;
/// How many records a query that may be long reads, and for how many microseconds it runs, before it is begun anew on a
/// thread that may block: most are done before that, and a thread costs more than they do.
pub const TURN_READS: u64 = 2_000;
/// The clock is looked at with each so many-th record that is read.
pub const CLOCK_EVERY: u64 = 16;
/// See [`TURN_READS`].
pub const TURN_MICROS: u64 = 1_500;
/// How many of its runs go to such a thread at once, after one of a plan's that did not end within its turn.
pub const LONG_RUNS: u32 = 32;
/// How many bytes of each kind of thing a request remembers of what many records lead to, such as whether a parent passes.
pub const REMEMBERED_BYTES: usize = 16 << 20;
/// Up to how many records of one type that has room for, so that each is reckoned to be read once.
pub const REMEMBERED_RECORDS: u64 = 50_000;
/// How many entries a list of edges has at most by which a cover orders its kind, such as the helpers of a pairing: the record's
/// row stands in the cover once for each.
pub const COVERED_EDGES_MAX: usize = 500;

/// How many bytes of counts and groups are remembered until the next commit.
pub const RECKONED_BYTES: usize = 16 << 20;

/// For how many regions and levels it is remembered what they hold until the next commit: a province holds some 50,000 villages.
pub const HELD_REMEMBERED: usize = 8;

/// Of how many targets it is remembered where the entries of covers lie that lead to them, until the next commit: some 100 bytes
/// each.
pub const PLACES_REMEMBERED: usize = 16_384;

/// How many of the blocks are held in which they lie: some 5 kB each.
pub const BLOCKS_REMEMBERED: usize = 3_072;

/// The most faults that are told of one file; the rest are counted.
pub const PROBLEMS_MAX: usize = 20;

/// How many records are sorted at a time for an answer that is streamed in an order.
pub const SORTED_BATCH: usize = 100_000;

/// The bytes of a part of a body that is written while it is sent.
pub const STREAM_PART_BYTES: usize = 64 << 10;

/// How many parts of such a body wait to be sent.
pub const STREAM_PARTS: usize = 4;

/// Milliseconds after which what is gathered is sent, though it is no whole part, and which the last bytes of a body that
/// failed have to reach the client.
pub const STREAM_PART_MS: u64 = 200;

/// The most bytes that an import takes: those of its files, and those that they unpack to.
pub const IMPORT_BYTES_MAX: u64 = 1 << 30;

/// The most files that an import takes, those within a package included.
pub const IMPORT_FILES_MAX: usize = 1_000;

/// The most columns of a table that are looked at.
pub const IMPORT_COLUMNS_MAX: usize = 1_000;

/// The most faults that an import tells; one with more is given up.
pub const IMPORT_FAULTS_MAX: usize = 10_000;

/// The most records that an import looks at to name the nearest for those that are not there.
pub const IMPORT_NEAREST_LOOKS_MAX: u64 = 2_000_000;

/// The most characters of a cell that are told.
pub const IMPORT_SHOWN_CHARS: usize = 80;

/// The most tokens that a server knows; those that are no longer good make room.
pub const TOKENS_MAX: usize = 1_000;

/// The longest file of tokens.
pub const TOKENS_FILE_BYTES: u64 = 2 << 20;

/// The most characters of a token's name, which the log has as the author.
pub const TOKEN_NAME_CHARS: usize = 100;

/// The most characters of a token's note.
pub const TOKEN_NOTE_CHARS: usize = 200;

/// Bytes of the page cache of an import. It writes pages in their order and hardly reads them again; what it gathers to
/// that end needs the room more.
pub const IMPORT_CACHE_BYTES: usize = 64 << 20;

/// Bytes of the page cache of `jiedui export`, which reads each page once in a while and in order.
pub const EXPORT_CACHE_BYTES: usize = 32 << 20;

/// The bounds of a request, each of which a keeper can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request that brings files to import.
    pub upload_bytes: usize,
    /// Bytes of a request's body, or of its query string.
    pub request_bytes: usize,
    /// Bytes of a document.
    pub document_bytes: usize,
    /// Tokens of a document.
    pub tokens: usize,
    /// Levels of brackets of a document, those of values and of selections alike.
    pub nesting: usize,
    /// Levels of fields, through fragments.
    pub depth: usize,
    /// Aliases of a document.
    pub aliases: usize,
    /// Directives of a document.
    pub directives: usize,
    /// Fields of a document, as they are written.
    pub fields: usize,
    /// Fields that an operation comes to, counted once for each type they are selected on.
    pub plan_fields: usize,
    /// Records that may be read for an answer, reckoned before anything is read: from the sizes of its pages, and from what
    /// is filtered and sorted.
    pub cost: usize,
    /// Records that an answer may read, counted as they are read.
    pub reads: usize,
    /// Milliseconds that an answer may take.
    pub time_ms: usize,
    /// Bytes of an answer.
    pub answer_bytes: usize,
    /// Milliseconds that a client may send nothing of a request, or read nothing of an answer, and that stopping waits for
    /// requests to end.
    pub stall_ms: usize,
    /// Connections at once; more are closed as they come.
    pub connections: usize,
    /// Revisions that a subscription may fall behind; then it is told to resume.
    pub behind: usize,
    /// Operations at once over one WebSocket.
    pub operations: usize,
    /// Milliseconds between two signs of life of a connection that is followed.
    pub keepalive_ms: usize,
    /// Bytes of documents that are kept parsed and validated.
    pub document_cache_bytes: usize,
    /// Fields of plans that are kept.
    pub plan_cache_fields: usize,
    /// Bytes of the store's page cache.
    pub cache_bytes: usize,
    /// Exports and streamed answers at once.
    pub exports: usize,
    /// Milliseconds that one of them may take: as long as it does, the file keeps what it reads, and grows with what is written.
    pub export_ms: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            upload_bytes: 64 << 20,
            request_bytes: 1 << 20,
            document_bytes: 64 << 10,
            tokens: 5_000,
            nesting: 200,
            depth: 40,
            aliases: 500,
            directives: 500,
            fields: 1_000,
            plan_fields: 50_000,
            cost: 100_000_000,
            reads: 1_000_000,
            time_ms: 10_000,
            answer_bytes: 32 << 20,
            stall_ms: 10_000,
            connections: 900,
            behind: 10_000,
            operations: 50,
            keepalive_ms: 12_000,
            document_cache_bytes: 256 << 10,
            plan_cache_fields: 100_000,
            cache_bytes: 256 << 20,
            exports: 4,
            export_ms: 1_800_000,
        }
    }
}

impl Limits {
    /// Every bound by its name, as the command line and the documents have it.
    pub fn named(&mut self) -> [(&'static str, &'static str, &mut usize); 24] {
        [
            ("upload-bytes", "bytes of a request that brings files to import", &mut self.upload_bytes),
            ("request-bytes", "bytes of a request's body, or of its query string", &mut self.request_bytes),
            ("document-bytes", "bytes of a document", &mut self.document_bytes),
            ("tokens", "tokens of a document", &mut self.tokens),
            ("nesting", "levels of brackets of a document", &mut self.nesting),
            ("depth", "levels of fields, through fragments", &mut self.depth),
            ("aliases", "aliases of a document", &mut self.aliases),
            ("directives", "directives of a document", &mut self.directives),
            ("fields", "fields of a document, as they are written", &mut self.fields),
            ("plan-fields", "fields that an operation comes to, once for each type", &mut self.plan_fields),
            ("cost", "records that may be read for an answer, reckoned before it is", &mut self.cost),
            ("reads", "records that an answer may read", &mut self.reads),
            ("time-ms", "milliseconds that an answer may take", &mut self.time_ms),
            ("answer-bytes", "bytes of an answer", &mut self.answer_bytes),
            ("stall-ms", "milliseconds that a client may stall, and that stopping waits", &mut self.stall_ms),
            ("connections", "connections at once; more are closed as they come", &mut self.connections),
            ("behind", "revisions that a subscription may fall behind", &mut self.behind),
            ("operations", "operations at once over one WebSocket", &mut self.operations),
            ("keepalive-ms", "milliseconds between two signs of life to who follows", &mut self.keepalive_ms),
            ("document-cache-bytes", "bytes of documents that are kept parsed", &mut self.document_cache_bytes),
            ("plan-cache-fields", "fields of plans that are kept", &mut self.plan_cache_fields),
            ("cache-bytes", "bytes of the store's page cache", &mut self.cache_bytes),
            ("exports", "exports and streamed answers at once", &mut self.exports),
            ("export-ms", "milliseconds that an export or a streamed answer may take", &mut self.export_ms),
        ]
    }

    /// Sets a bound by `name=value`.
    pub fn set(&mut self, setting: &str) -> Result<(), String> {
        let (name, value) =
            setting.split_once('=').ok_or_else(|| format!("expected NAME=VALUE, found \"{setting}\""))?;
        let value = value.parse().map_err(|_| format!("{name}: expected a whole number, found \"{value}\""))?;
        let mut named = self.named();
        let names: Vec<_> = named.iter().map(|(name, ..)| *name).collect();
        match named.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, bound)) => **bound = value,
            None => return Err(format!("no limit is called \"{name}\"; there are: {}", names.join(", "))),
        }
        Ok(())
    }

    /// How long a client may keep us waiting.
    pub fn stall(&self) -> Duration {
        Duration::from_millis(self.stall_ms as u64)
    }

    /// How long a connection that is followed may be silent.
    pub fn keepalive(&self) -> Duration {
        Duration::from_millis(self.keepalive_ms as u64)
    }

    /// How long an export or a streamed answer may take.
    pub fn export(&self) -> Duration {
        Duration::from_millis(self.export_ms as u64)
    }

    /// How long an answer may take.
    pub fn time(&self) -> Duration {
        Duration::from_millis(self.time_ms as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_set_by_its_name() {
        let mut limits = Limits::default();
        assert_eq!(limits.set("cost=5"), Ok(()));
        assert_eq!(limits.cost, 5);
        assert!(limits.set("cost").unwrap_err().contains("NAME=VALUE"));
        assert!(limits.set("cost=-1").unwrap_err().contains("whole number"));
        assert!(limits.set("costs=1").unwrap_err().contains("document-bytes, tokens"));
    }
}
