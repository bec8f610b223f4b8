//! Trusted documents: those that a client's build wrote down, asked by their ids instead of their texts.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::error::{Code, GraphqlError};
use super::gate::Gate;
use super::request::Request;
use crate::model::hex::hex;

/// The documents that are trusted.
#[derive(Debug, Clone, Default)]
pub struct Trusted {
    documents: HashMap<String, String>,
    texts: HashSet<String>,
    /// Nothing else is answered.
    only: bool,
}

impl Trusted {
    /// Reads a JSON object of documents by their ids, as relay-compiler and graphql-codegen write it, and lets each pass the
    /// gate. An id that is a SHA-256 must be that of its text.
    pub fn read(json: &str, only: bool, gate: &Gate) -> Result<Self, String> {
        let documents: HashMap<String, String> = serde_json::from_str(json)
            .map_err(|error| format!("expected a JSON object of documents by their ids: {error}"))?;
        for (id, text) in &documents {
            let digest = hex(&Sha256::digest(text));
            let claimed = id.strip_prefix("sha256:").unwrap_or(id);
            let is_digest = claimed.len() == 64 && claimed.bytes().all(|byte| byte.is_ascii_hexdigit());
            if (is_digest || id.starts_with("sha256:")) && claimed != digest {
                return Err(format!("the document {id} has the SHA-256 {digest}"));
            }
            if let Err(errors) = gate.document(text) {
                let why = errors.first().map_or("", |error| error.message.as_str());
                return Err(format!("the document {id} is not answered: {why}"));
            }
        }
        let texts = documents.values().cloned().collect();
        Ok(Self { documents, texts, only })
    }

    /// The request with the document that it asks by its id, and whether that is trusted.
    pub fn resolve(&self, request: Request) -> Result<(Request, bool), GraphqlError> {
        let Some(id) = &request.document_id else {
            let trusted = self.texts.contains(&request.query);
            return match trusted || !self.only {
                true => Ok((request, trusted)),
                false => {
                    let message = "only trusted documents are answered here: ask with `documentId`";
                    Err(GraphqlError::request(Code::DocumentNotFound, message))
                }
            };
        };
        let found = self.documents.get(id).or_else(|| self.documents.get(id.strip_prefix("sha256:")?));
        match found {
            Some(text) if request.query.is_empty() || request.query == *text => {
                Ok((Request { query: text.clone(), document_id: None, ..request }, true))
            }
            Some(_) => {
                let message = "`documentId` and `query` name two documents: send one of the two";
                Err(GraphqlError::request(Code::BadRequest, message))
            }
            None => {
                let id: String = id.chars().take(80).collect();
                let message = format!("no trusted document has the id \"{id}\"");
                Err(GraphqlError::request(Code::DocumentNotFound, message))
            }
        }
    }
}
