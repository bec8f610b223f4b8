//! Errors as an answer carries them.

use serde_json::{Value, json};

use super::coerce::Wrong;
use crate::config::ERRORS_MAX;
use crate::query::error::{Code as FieldCode, Detail, FieldError, NARROW_IT};
use crate::store::StoreError;

/// The closed list of codes in `extensions.code`. The first group refuses a request whole, and then there is no `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The token that came with it is not good, or there is none where one is needed. The asker's fault.
    Unauthenticated,
    /// The request is no GraphQL request. The asker's fault.
    BadRequest,
    /// The document is no GraphQL. The asker's fault.
    SyntaxError,
    /// The document does not fit the schema. The asker's fault.
    ValidationFailed,
    /// No trusted document has the id, or only trusted ones are answered. The asker's fault.
    DocumentNotFound,
    /// The operation cannot be chosen. The asker's fault.
    OperationNotFound,
    /// The variables do not fit the operation. The asker's fault.
    BadVariables,
    /// The request is beyond a bound. The asker's fault.
    LimitExceeded,
    /// One field's argument cannot be used. The asker's fault.
    BadUserInput,
    /// Somebody else changed it in between. Nobody's fault: the asker reads again.
    Conflict,
    /// The asker may not. The asker's fault.
    Forbidden,
    /// A subscription is ended here, and goes on where it is asked anew behind the revision that is told. Nobody's fault.
    Resume,
    /// The log does not reach from the revision that is asked: the asker loads anew. Nobody's fault.
    NotKept,
    /// The database's file cannot be written, or was opened anew. The machine's fault: the asker tries again later.
    Unavailable,
    /// Something here failed. Our fault.
    Internal,
}

impl Code {
    /// As it stands in the answer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::BadRequest => "BAD_REQUEST",
            Self::SyntaxError => "SYNTAX_ERROR",
            Self::ValidationFailed => "VALIDATION_FAILED",
            Self::DocumentNotFound => "DOCUMENT_NOT_FOUND",
            Self::OperationNotFound => "OPERATION_NOT_FOUND",
            Self::BadVariables => "BAD_VARIABLES",
            Self::LimitExceeded => crate::query::error::Code::LimitExceeded.name(),
            Self::BadUserInput => crate::query::error::Code::BadUserInput.name(),
            Self::Conflict => crate::query::error::Code::Conflict.name(),
            Self::Forbidden => crate::query::error::Code::Forbidden.name(),
            Self::Resume => "RESUME",
            Self::NotKept => "NOT_KEPT",
            Self::Unavailable => crate::query::error::Code::Unavailable.name(),
            Self::Internal => crate::query::error::Code::Internal.name(),
        }
    }
}

impl From<crate::query::error::Code> for Code {
    fn from(code: crate::query::error::Code) -> Self {
        match code {
            crate::query::error::Code::BadUserInput => Self::BadUserInput,
            crate::query::error::Code::LimitExceeded => Self::LimitExceeded,
            crate::query::error::Code::Conflict => Self::Conflict,
            crate::query::error::Code::Forbidden => Self::Forbidden,
            crate::query::error::Code::Unavailable => Self::Unavailable,
            crate::query::error::Code::Internal => Self::Internal,
        }
    }
}

/// One error of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphqlError {
    /// What is wrong, and how to mend it.
    pub message: String,
    /// Where in the document, from 1.
    pub locations: Vec<(usize, usize)>,
    /// Which field of the answer; empty where the request was refused.
    pub path: Vec<Segment>,
    /// Whose fault.
    pub code: Code,
    /// What is logged of it and never shown.
    pub cause: Option<String>,
    /// What programs learn beside the message, in the error's extensions.
    pub detail: Detail,
}

/// One step of a path into an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A field, by its name in the answer.
    Field(String),
    /// A place in a list, from 0.
    Index(usize),
}

/// The message of a bound, with the connection at which it was met by its path.
fn narrowing(message: &str, path: &[Segment]) -> String {
    let names = path.iter().filter_map(|segment| match segment {
        Segment::Field(name) => Some(name.as_str()),
        Segment::Index(_) => None,
    });
    let mut names: Vec<_> = names.collect();
    // What a connection has is narrowed where the connection is.
    while names.len() > 1
        && matches!(names.last(), Some(&("totalCount" | "nodes" | "edges" | "aggregate" | "pageInfo")))
    {
        names.pop();
    }
    if names.is_empty() {
        message.to_owned()
    } else {
        message.replace(NARROW_IT, &format!("narrow `{}`", names.join(".")))
    }
}

impl GraphqlError {
    /// An error that refuses the request.
    pub fn request(code: Code, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            locations: Vec::new(),
            path: Vec::new(),
            code,
            cause: None,
            detail: Detail::default(),
        }
    }

    /// An error that says what is wrong with arguments.
    pub fn of_arguments(code: Code, wrong: &Wrong) -> Self {
        Self::request(code, wrong.to_string()).with("faults", wrong.to_json())
    }

    /// An error that is our fault; what caused it is logged and never shown.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..Self::request(Code::Internal, "internal error") }
    }

    /// The same, with more for programs.
    pub fn with(self, name: &'static str, value: impl Into<Value>) -> Self {
        Self { detail: self.detail.into_iter().chain([(name, value.into())]).collect(), ..self }
    }

    /// What the store failed with, of a request as a whole.
    pub fn of_store(error: StoreError) -> Self {
        let FieldError { code, message, cause, detail } = error.into();
        Self { cause, detail, ..Self::request(code.into(), message) }
    }

    /// The refusal of an answer of which too much failed.
    pub fn too_many_errors() -> Self {
        let message = format!("more than {ERRORS_MAX} fields fail: ask for less, and see why");
        Self::request(Code::LimitExceeded, message)
    }

    /// The same, at a place in the document.
    pub fn at(mut self, location: Option<(usize, usize)>) -> Self {
        self.locations.extend(location);
        self
    }

    /// The error of a field.
    pub fn field(error: FieldError, path: Vec<Segment>, location: (usize, usize)) -> Self {
        let FieldError { code, message, cause, detail } = error;
        let message = if code == FieldCode::LimitExceeded { narrowing(&message, &path) } else { message };
        Self { message, locations: vec![location], path, code: code.into(), cause, detail }
    }

    /// As it stands in the answer.
    pub fn to_json(&self) -> Value {
        let mut error = json!({ "message": self.message });
        if !self.locations.is_empty() {
            let locations = self.locations.iter().map(|(line, column)| json!({ "line": line, "column": column }));
            error["locations"] = locations.collect();
        }
        if !self.path.is_empty() {
            let segment = |segment: &Segment| match segment {
                Segment::Field(name) => json!(name),
                Segment::Index(index) => json!(index),
            };
            error["path"] = self.path.iter().map(segment).collect();
        }
        error["extensions"] = json!({ "code": self.code.name() });
        for (name, value) in &self.detail {
            error["extensions"][*name] = value.clone();
        }
        error
    }
}
