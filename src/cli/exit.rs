//! How a command ends: one clear line, and an exit code of its own.

use std::io::Write;
use std::process::ExitCode;

use crate::access::TokensError;
use crate::store::{Fault, OpenError, StoreError};

/// The exit codes, as the help prints them.
pub const CODES: &str = "Exit codes:
  0  done
  1  failed; the line on standard error says why
  2  the command line cannot be read
  3  another jiedui has the database open for writing
  4  the file is no jiedui database
  5  the database is of a newer format, or of an older one that is only read
  6  the address is taken, cannot be listened on, or is open to others and nobody said who may read
  7  there is no such file, or the file system refused
  8  the query's answer holds errors
  9  the database differs from what follows from its records
 10  what was to be imported has faults; nothing of it was loaded";

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The command line asks for what there is not.
    Usage(String),
    /// The database could not be opened.
    Open(OpenError),
    /// The address could not be listened on.
    Listen(String, std::io::Error),
    /// Others could reach the address, and nobody said whether they may read.
    Exposed(std::net::SocketAddr),
    /// The tokens cannot be read or written, or hold not what is asked.
    Tokens(TokensError),
    /// The answer, which was printed, holds errors.
    Answered,
    /// The check, which was printed, found so many differences.
    Differs(u64),
    /// What was to be imported has so many faults, which were printed.
    Faulty(usize),
    /// A panic.
    Panicked(String),
    /// Anything else.
    Other(anyhow::Error),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Open(error) => match error {
                OpenError::InUse { .. } => 3,
                OpenError::Foreign { .. } => 4,
                OpenError::Newer { .. } | OpenError::Older { .. } => 5,
                OpenError::Missing { .. } | OpenError::Io { .. } => 7,
                OpenError::Store { source: StoreError::Disk(_), .. } => 7,
                OpenError::NeedsRepair { .. } | OpenError::Store { .. } => 1,
            },
            Self::Listen(..) | Self::Exposed(_) => 6,
            Self::Tokens(TokensError::Io { .. }) => 7,
            Self::Tokens(TokensError::Damaged { .. } | TokensError::Asked(_)) => 1,
            Self::Answered => 8,
            Self::Differs(_) => 9,
            Self::Faulty(_) => 10,
            Self::Usage(_) => 2,
            Self::Other(error) if of_disk(error).is_some() => 7,
            Self::Panicked(_) | Self::Other(_) => 1,
        }
    }

    /// Says why on one line of standard error, and gives the exit code.
    pub fn report(self) -> ExitCode {
        match &self {
            Self::Usage(why) => eprintln!("jiedui: {why}"),
            Self::Open(error) => eprintln!("jiedui: {error}"),
            Self::Listen(address, error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                eprintln!("jiedui: {address} is taken by another program; choose another address with --listen");
            }
            Self::Listen(address, error) => eprintln!("jiedui: cannot listen on {address}: {error}"),
            Self::Exposed(address) => eprintln!(
                "jiedui: others can reach {address}, and nobody said whether they may read: say --public to let all of them read, or \
                 --require-token to let only those read who have a token from `jiedui token create` (writing takes one anyway)"
            ),
            Self::Tokens(error) => eprintln!("jiedui: {error}"),
            Self::Panicked(why) => {
                let why = why.lines().next().unwrap_or_default();
                eprintln!("jiedui: the database's file is damaged, or jiedui is at fault ({why})");
            }
            Self::Answered => {}
            Self::Differs(count) => eprintln!("jiedui: {count} differences"),
            Self::Faulty(count) => eprintln!("jiedui: {count} faults; nothing was loaded"),
            Self::Other(error) => match of_disk(error) {
                Some(fault) => {
                    eprintln!("jiedui: {error:#}; nothing was kept of it: {}, and begin again", fault.remedy())
                }
                None => eprintln!("jiedui: {error:#}"),
            },
        }
        ExitCode::from(self.code())
    }
}

/// What the disk failed with, where that is why.
fn of_disk(error: &anyhow::Error) -> Option<&Fault> {
    error.chain().find_map(|cause| match cause.downcast_ref() {
        Some(StoreError::Disk(fault)) => Some(fault),
        _ => None,
    })
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<TokensError> for Failure {
    fn from(error: TokensError) -> Self {
        Self::Tokens(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// Prints a line to standard output.
pub fn say(line: &str) -> Result<(), Failure> {
    print(format!("{line}\n").as_bytes())
}

/// Prints to standard output. A reader that went away, as `head` does, is no failure.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Other(error.into())),
        _ => Ok(()),
    }
}

/// Has something written to standard output, a buffer at a time. A reader that went away, as `head` does, is no failure.
pub fn with_stdout(write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let done = write(&mut out).and_then(|()| Ok(out.flush()?));
    let is_gone = |error: &anyhow::Error| {
        let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
        causes.any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
    };
    match done {
        Err(error) if !is_gone(&error) => Err(Failure::Other(error)),
        _ => Ok(()),
    }
}
