//! What can go wrong with a field, and whose fault it is.

use serde_json::Value;

use crate::store::StoreError;

/// The closed list of codes that an error of a field carries in `extensions.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// An argument's value cannot be used. The asker's fault.
    BadUserInput,
    /// The answer is beyond a bound, and is given up whole. The asker's fault.
    LimitExceeded,
    /// Somebody else changed it in between. Nobody's fault: the asker reads again.
    Conflict,
    /// The asker may not. The asker's fault.
    Forbidden,
    /// The database's file cannot be written, or was opened anew. The machine's fault: the asker tries again later.
    Unavailable,
    /// Something here failed. Our fault.
    Internal,
}

/// What the message of a bound says of the field at which it was met. The answer's error names that.
pub const NARROW_IT: &str = "narrow it";

impl Code {
    /// As it stands in the answer.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::Conflict => "CONFLICT",
            Self::Forbidden => "FORBIDDEN",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// What programs learn beside a message: names and values.
pub type Detail = Box<[(&'static str, Value)]>;

/// Why a field has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FieldError {
    /// Whose fault it is.
    pub code: Code,
    /// What is wrong and how to mend it.
    pub message: String,
    /// What is logged of it and never shown.
    pub cause: Option<String>,
    /// What programs learn beside the message: names and values.
    pub detail: Detail,
}

impl FieldError {
    /// The asker can mend it.
    pub fn input(message: impl Into<String>) -> Self {
        Self { code: Code::BadUserInput, message: message.into(), cause: None, detail: Detail::default() }
    }

    /// The same, said of what stands inside something: `.name` of an object, `[0]` of a list. Its message begins with the
    /// path so far. What is no fault of an argument is left as it is.
    pub fn within(self, outer: &str) -> Self {
        match self.code {
            Code::BadUserInput => Self { message: format!("{outer}{}", self.message), ..self },
            _ => self,
        }
    }

    /// The answer is beyond a bound.
    pub fn limit(message: impl Into<String>) -> Self {
        Self { code: Code::LimitExceeded, message: message.into(), cause: None, detail: Detail::default() }
    }

    /// Somebody else changed what it is about.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self { code: Code::Conflict, ..Self::input(message) }
    }

    /// The asker may not.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self { code: Code::Forbidden, ..Self::input(message) }
    }

    /// The same, with more for programs.
    pub fn with(self, name: &'static str, value: Value) -> Self {
        Self { detail: self.detail.into_iter().chain([(name, value)]).collect(), ..self }
    }

    /// The file below fails; what the system says of it is logged.
    fn unavailable(message: impl Into<String>, cause: &StoreError) -> Self {
        Self { code: Code::Unavailable, cause: Some(cause.to_string()), ..Self::input(message) }
    }

    /// It is our fault; the asker learns no more than that.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self { code: Code::Internal, cause: Some(cause.into()), ..Self::input("internal error") }
    }
}

impl From<StoreError> for FieldError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotKept(_) => Self::input(error.to_string()),
            StoreError::Disk(ref fault) => {
                let message = format!(
                    "{fault}: nothing was changed, and reading goes on; {}, then send it again",
                    fault.remedy()
                );
                Self::unavailable(message, &error)
            }
            StoreError::Unsure(ref fault) => {
                let message = format!(
                    "{fault} just as the change was kept, so that it is not sure whether it lasts; {}, then read whether it is there",
                    fault.remedy()
                );
                Self::unavailable(message, &error)
            }
            StoreError::Interrupted => {
                Self::unavailable("the database's file was opened anew meanwhile; ask again", &error)
            }
            error => Self::internal(error.to_string()),
        }
    }
}
