//! The messages of graphql-transport-ws.

use serde_json::{Map, Value, json};

use crate::api::error::GraphqlError;
use crate::api::request::{Answer, Request};
use crate::http::graphql::request;

/// What a client sends.
pub enum Received {
    /// It begins, and may say who it is.
    Init(Map<String, Value>),
    /// It asks for a sign of life.
    Ping(Option<Value>),
    /// It gives one.
    Pong,
    /// It asks an operation, under an id.
    Subscribe(String, Request),
    /// It wants no more of an operation.
    Complete(String),
}

impl Received {
    /// Reads a message, or says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err("Invalid message: expected a JSON object");
        };
        let payload = message.remove("payload");
        let id = || match message.get("id") {
            Some(Value::String(id)) if !id.is_empty() => Ok(id.clone()),
            _ => Err("Invalid message: expected `id` to be a text that is not empty"),
        };
        // A payload that anything may stand in is an object all the same.
        let object = |payload: Option<Value>| match payload {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err("Invalid message: expected `payload` to be an object"),
        };
        match message.get("type").and_then(Value::as_str) {
            Some("connection_init") => Ok(Self::Init(object(payload)?.unwrap_or_default())),
            Some("ping") => Ok(Self::Ping(object(payload)?.map(Value::Object))),
            Some("pong") => object(payload).map(|_| Self::Pong),
            Some("complete") => id().map(Self::Complete),
            Some("subscribe") => {
                let request = match payload {
                    Some(Value::Object(payload)) => request(payload),
                    _ => Err(String::new()),
                };
                let wrong =
                    "Invalid message: expected `payload` to be a GraphQL request: query, variables, operationName";
                Ok(Self::Subscribe(id()?, request.map_err(|_| wrong)?))
            }
            _ => Err("Invalid message: `type` is none that a client sends"),
        }
    }
}

/// What the server sends.
pub enum Sent {
    /// The client may begin.
    Ack,
    /// It asks for a sign of life.
    Ping,
    /// It gives one, with what came along.
    Pong(Option<Value>),
    /// What an operation gives, as text.
    Next(String),
    /// It ends with errors.
    Error(String),
    /// It ends.
    Complete(String),
}

impl Sent {
    /// An answer of an operation.
    pub fn next(id: &str, answer: &Answer) -> Self {
        let mut text = format!("{{\"id\":{},\"type\":\"next\",\"payload\":", Value::from(id));
        text.push_str(&String::from_utf8_lossy(&answer.to_json()));
        text.push('}');
        Self::Next(text)
    }

    /// The errors that end an operation.
    pub fn error(id: &str, errors: &[GraphqlError]) -> Self {
        let errors: Vec<Value> = errors.iter().map(GraphqlError::to_json).collect();
        Self::Error(json!({ "id": id, "type": "error", "payload": errors }).to_string())
    }

    /// The end of an operation.
    pub fn complete(id: &str) -> Self {
        Self::Complete(json!({ "id": id, "type": "complete" }).to_string())
    }

    /// Whether nothing comes behind it.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Error(_) | Self::Complete(_))
    }

    /// As it is sent.
    pub fn into_text(self) -> String {
        match self {
            Self::Ack => json!({ "type": "connection_ack" }).to_string(),
            Self::Ping => json!({ "type": "ping" }).to_string(),
            Self::Pong(None) => json!({ "type": "pong" }).to_string(),
            Self::Pong(Some(payload)) => json!({ "type": "pong", "payload": payload }).to_string(),
            Self::Next(text) | Self::Error(text) | Self::Complete(text) => text,
        }
    }
}
