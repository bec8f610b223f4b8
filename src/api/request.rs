//! A GraphQL request, and what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::GraphqlError;

/// A GraphQL request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// The document.
    pub query: String,
    /// The id of a trusted document, where its text is not sent.
    pub document_id: Option<String>,
    /// Which of its operations; needed where it has several.
    pub operation_name: Option<String>,
    /// The values of its variables.
    pub variables: Map<String, Value>,
    /// What the client asks beyond the specification.
    pub extensions: Map<String, Value>,
    /// The files that came with it, by the names that their variables hold.
    pub uploads: Arc<Uploads>,
}

/// Files by the text that stands for each in the variables: its name and its bytes.
pub type Uploads = BTreeMap<String, (String, Vec<u8>)>;

impl Request {
    /// A request of a document alone.
    pub fn new(query: &str) -> Self {
        Self { query: query.to_owned(), ..Self::default() }
    }
}

/// What comes of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// `data`, as JSON; nothing where the request was refused.
    pub data: Option<Vec<u8>>,
    /// What went wrong.
    pub errors: Vec<GraphqlError>,
    /// What the request's extensions asked for.
    pub extensions: Map<String, Value>,
}

impl Answer {
    /// The answer to a request that was refused.
    pub fn refused(errors: Vec<GraphqlError>) -> Self {
        Self { data: None, errors, extensions: Map::new() }
    }

    /// The answer as JSON. Errors stand first, so that nobody overlooks them behind a long answer.
    pub fn to_json(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.data.as_ref().map_or(0, Vec::len) + 16);
        body.push(b'{');
        if !self.errors.is_empty() {
            let errors: Value = self.errors.iter().map(GraphqlError::to_json).collect();
            body.extend_from_slice(b"\"errors\":");
            body.extend_from_slice(errors.to_string().as_bytes());
        }
        if let Some(data) = &self.data {
            if !self.errors.is_empty() {
                body.push(b',');
            }
            body.extend_from_slice(b"\"data\":");
            body.extend_from_slice(data);
        }
        if !self.extensions.is_empty() {
            let extensions = serde_json::to_vec(&self.extensions).unwrap_or_else(|_| b"{}".to_vec());
            body.extend_from_slice(b",\"extensions\":");
            body.extend_from_slice(&extensions);
        }
        body.push(b'}');
        body
    }
}
