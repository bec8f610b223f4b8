//! What a request can ask for in its `extensions`, and how it is answered in those of the answer.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::error::{Code, GraphqlError};
use super::request::Answer;
use crate::model::hex::hex;
use crate::query::error::FieldError;
use crate::query::provenance;
use crate::query::scope::Scope;
use crate::query::trace::Trace;

/// What is asked beyond the data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extensions {
    /// The sources and places that the answer rests on.
    citations: bool,
    /// How each connection came by its rows.
    plan: bool,
    /// The revision, and hashes of the document and the answer.
    receipt: bool,
}

impl Extensions {
    /// Reads them from a request. Extensions that are not ours are left alone, as the specification has it.
    pub fn read(given: &Map<String, Value>) -> Result<Self, GraphqlError> {
        let flag = |name: &str| match given.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(asked)) => Ok(*asked),
            Some(_) => {
                let message = format!("extensions.{name}: expected true or false");
                Err(GraphqlError::request(Code::BadRequest, message))
            }
        };
        Ok(Self { citations: flag("citations")?, plan: flag("plan")?, receipt: flag("receipt")? })
    }

    /// Whether nothing is asked.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// The notes to take for them.
    pub fn trace(self) -> Trace {
        Trace::new(self.citations, self.plan)
    }

    /// Puts what they are answered with into an answer. One that was refused has no data to tell of, and still a plan.
    pub fn answer_in(self, answer: &mut Answer, scope: &Scope, document: &str, cost: (u64, usize)) {
        let asked = match &answer.data {
            Some(_) => self,
            None => Self { plan: self.plan, ..Self::default() },
        };
        if asked.is_none() {
            return;
        }
        match asked.answer(scope, document, answer.data.as_deref().unwrap_or_default(), cost) {
            Ok(extensions) => answer.extensions = extensions,
            Err(error) => answer.errors.push(GraphqlError::field(error, Vec::new(), (1, 1))),
        }
    }

    fn answer(
        self,
        scope: &Scope,
        document: &str,
        data: &[u8],
        cost: (u64, usize),
    ) -> Result<Map<String, Value>, FieldError> {
        let mut answer = Map::new();
        if self.plan {
            let fields = scope.trace.fields().unwrap_or_default();
            let fields = fields.into_iter().map(|(path, found)| {
                json!({
                    "path": path, "by": found.by, "read": found.read, "kept": found.kept,
                    "sorted": found.sorted, "times": found.times,
                })
            });
            let (cost, limit) = cost;
            answer.insert(
                "plan".to_owned(),
                json!({
                    "cost": cost, "limit": limit, "read": scope.reads(), "readLimit": scope.most_reads(),
                    "connections": fields.collect::<Vec<_>>(),
                }),
            );
        }
        if self.citations {
            let records = scope.trace.records().unwrap_or_default();
            answer.insert("citations".to_owned(), provenance::citations(scope, records)?);
        }
        if self.receipt {
            answer.insert(
                "receipt".to_owned(),
                json!({
                    "revision": scope.snapshot.revision()?,
                    "document": sha256(document.as_bytes()),
                    "data": sha256(data),
                }),
            );
        }
        Ok(answer)
    }
}

fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}
