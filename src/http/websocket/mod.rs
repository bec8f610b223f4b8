//! GraphQL over WebSocket, as graphql-transport-ws has it: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
//!
//! One task has the socket: it reads what the client sends, and writes what its operations give. Each operation is a task of its
//! own. A subscription makes its next event only when it has the one place in which the connection waits for something to write:
//! a client that reads slowly holds up its subscriptions, and nothing gathers here.

mod message;

use std::collections::HashMap;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout};

use super::Shared;
use super::access::Shown;
use super::observe::RequestId;
use super::subscriptions::Subscription;
use crate::api::Caller;
use crate::api::error::{Code, GraphqlError};
use crate::api::following::Step;
use crate::api::request::{Answer, Request};
use message::{Received, Sent};

const PROTOCOL: &str = "graphql-transport-ws";

/// Why a connection is closed: its code and what it says. The text of a reason has at most 123 bytes.
type Close = (u16, &'static str);

const BAD_REQUEST: u16 = 4400;
const UNAUTHORIZED: Close = (4401, "Unauthorized: send connection_init, and wait for connection_ack");
const FORBIDDEN: Close = (4403, "Forbidden: a good token is needed, as Authorization in connection_init: Bearer …");
const NO_PROTOCOL: Close = (4406, "Subprotocol not acceptable: expected graphql-transport-ws");
const INIT_TIMEOUT: Close = (4408, "Connection initialisation timeout");
const DUPLICATE: Close = (4409, "Subscriber for this id already exists: choose another, or wait for its complete");
const TOO_MANY_INITS: Close = (4429, "Too many initialisation requests");
const TOO_LONG: Close = (1009, "A message is longer than the server takes");
const SILENT: Close = (4408, "No sign of life: a ping was not answered");
const STOPPING: Close = (1001, "The server stops");

/// Whether a page may connect: one of this server, or of an origin that may read answers. Browsers say whose page it is, and
/// ask nobody before they connect; other clients say nothing.
pub fn may_connect(headers: &HeaderMap, origins: &[HeaderValue]) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = headers.get(HOST).map(HeaderValue::as_bytes).unwrap_or_default();
    let own = |scheme: &str| origin.as_bytes().strip_prefix(scheme.as_bytes()).is_some_and(|rest| rest == host);
    own("http://") || own("https://") || origins.iter().any(|known| known == "*" || known == origin)
}

/// Takes a connection over.
pub fn upgrade(shared: Shared, shown: Shown, request: RequestId, upgrade: WebSocketUpgrade) -> Response {
    let most = shared.settings.limits.request_bytes;
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(most).max_frame_size(most);
    upgrade.on_upgrade(move |socket| async move {
        let (out, outgoing) = mpsc::channel(1);
        let connection = Connection {
            shared,
            shown,
            request,
            acknowledged: false,
            running: HashMap::new(),
            tasks: JoinSet::new(),
            started: 0,
            out,
        };
        connection.run(socket, outgoing).await;
    })
}

/// One client's connection.
struct Connection {
    shared: Shared,
    /// By what it is known who it is: asked again for each operation, since a token may be revoked.
    shown: Shown,
    /// The request that it began as, for the log.
    request: RequestId,
    acknowledged: bool,
    /// The operations under way by their ids, each with its number: a message of an ended one is not that of the next of its id.
    running: HashMap<String, (u64, AbortHandle)>,
    tasks: JoinSet<()>,
    started: u64,
    out: mpsc::Sender<Outgoing>,
}

/// What an operation gives.
struct Outgoing {
    id: String,
    number: u64,
    message: Sent,
}

impl Connection {
    async fn run(mut self, mut socket: WebSocket, outgoing: mpsc::Receiver<Outgoing>) {
        let close = if socket.protocol().is_some() {
            self.talk(&mut socket, outgoing).await.err().flatten()
        } else {
            Some(NO_PROTOCOL)
        };
        // What is under way ends with the connection: changes that were begun are made all the same.
        self.tasks.abort_all();
        let Some((code, reason)) = close else { return };
        if socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await.is_ok() {
            // Closing before the client has read would take the reason away from it.
            let _ =
                timeout(self.shared.settings.limits.stall(), async { while let Some(Ok(_)) = socket.recv().await {} })
                    .await;
        }
    }

    /// Until the connection ends: with a reason to close it, or without, where the client is gone.
    async fn talk(
        &mut self,
        socket: &mut WebSocket,
        mut outgoing: mpsc::Receiver<Outgoing>,
    ) -> Result<(), Option<Close>> {
        let (stall, keepalive) = (self.shared.settings.limits.stall(), self.shared.settings.limits.keepalive());
        let init_by = Instant::now() + stall;
        let mut silent_since = Instant::now();
        let mut pinged = false;
        let stopping = self.shared.stopping.clone();
        loop {
            let mut stops = false;
            tokio::select! {
                received = socket.recv() => {
                    (silent_since, pinged) = (Instant::now(), false);
                    match received {
                        Some(Ok(message)) => self.receive(socket, message).await?,
                        Some(Err(error)) if error.to_string().contains("too long") => return Err(Some(TOO_LONG)),
                        Some(Err(_)) => return Err(Some((BAD_REQUEST, "Invalid message: it cannot be read"))),
                        None => return Err(None),
                    }
                }
                Some(outgoing) = outgoing.recv() => self.send(socket, outgoing).await?,
                Some(_) = self.tasks.join_next() => {}
                () = tokio::time::sleep_until(init_by), if !self.acknowledged => return Err(Some(INIT_TIMEOUT)),
                () = tokio::time::sleep_until(silent_since + keepalive), if !pinged => {
                    pinged = true;
                    write(socket, Sent::Ping).await?;
                }
                () = tokio::time::sleep_until(silent_since + keepalive + stall), if pinged => return Err(Some(SILENT)),
                () = stopping.begun(), if self.running.is_empty() => stops = true,
            }
            // Each operation ends by itself when the server stops, and says how it goes on.
            if stops || self.running.is_empty() && stopping.has_begun() {
                return Err(Some(STOPPING));
            }
        }
    }

    async fn receive(&mut self, socket: &mut WebSocket, message: Message) -> Result<(), Option<Close>> {
        let text = match &message {
            Message::Text(text) => text.as_str(),
            // The library answers these, and ends behind a close.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return Ok(()),
            Message::Binary(_) => return Err(Some((BAD_REQUEST, "Invalid message: expected text"))),
        };
        match Received::read(text).map_err(|why| Some((BAD_REQUEST, why)))? {
            Received::Init(_) if self.acknowledged => Err(Some(TOO_MANY_INITS)),
            Received::Init(payload) => {
                let name = ["Authorization", "authorization"].into_iter().find(|name| payload.contains_key(*name));
                if let Some(given) = name.and_then(|name| payload.get(name)) {
                    self.shown = Shown::instead(given.as_str().unwrap_or_default());
                }
                self.caller()?;
                self.acknowledged = true;
                write(socket, Sent::Ack).await
            }
            Received::Ping(payload) => write(socket, Sent::Pong(payload)).await,
            Received::Pong => Ok(()),
            Received::Complete(id) => {
                if let Some((_, task)) = self.running.remove(&id) {
                    task.abort();
                }
                Ok(())
            }
            Received::Subscribe(id, request) => {
                if !self.acknowledged {
                    return Err(Some(UNAUTHORIZED));
                }
                let caller = self.caller()?;
                if self.running.contains_key(&id) {
                    return Err(Some(DUPLICATE));
                }
                let most = self.shared.settings.limits.operations;
                if self.running.len() >= most {
                    let message = format!(
                        "{most} operations are under way over this connection, and no more may be; complete one, or connect again"
                    );
                    let error = GraphqlError::request(Code::LimitExceeded, message);
                    return write(socket, Sent::error(&id, &[error])).await;
                }
                self.begin(id, request, caller);
                Ok(())
            }
        }
    }

    /// Who it is at this moment.
    fn caller(&self) -> Result<Caller, Option<Close>> {
        self.shown.caller(&self.shared).map_err(|_| Some(FORBIDDEN))
    }

    fn begin(&mut self, id: String, request: Request, caller: Caller) {
        self.started += 1;
        let number = self.started;
        let shared = self.shared.clone();
        let operation = Operation { id: id.clone(), number, out: self.out.clone(), begun_as: self.request.clone() };
        let task = self.tasks.spawn(async move { operation.run(shared, request, caller).await });
        self.running.insert(id, (number, task));
    }

    /// Writes what an operation gave, unless the client completed it in between.
    async fn send(&mut self, socket: &mut WebSocket, outgoing: Outgoing) -> Result<(), Option<Close>> {
        let Outgoing { id, number, message } = outgoing;
        if self.running.get(&id).is_none_or(|(known, _)| *known != number) {
            return Ok(());
        }
        if message.is_last() {
            self.running.remove(&id);
        } else {
            self.caller()?;
        }
        write(socket, message).await
    }
}

async fn write(socket: &mut WebSocket, message: Sent) -> Result<(), Option<Close>> {
    socket.send(Message::Text(message.into_text().into())).await.map_err(|_| None)
}

/// One operation of a connection.
struct Operation {
    id: String,
    number: u64,
    out: mpsc::Sender<Outgoing>,
    begun_as: RequestId,
}

impl Operation {
    async fn run(self, shared: Shared, request: Request, caller: Caller) {
        let (request, trusted) = match shared.api.trusted().resolve(request) {
            Ok(resolved) => resolved,
            Err(error) => return self.give(Sent::error(&self.id, &[error])).await,
        };
        let passed = match shared.api.pass(&request) {
            Ok(passed) if passed.follows() => return self.follow(&shared, &request, passed).await,
            passed => passed,
        };
        let answer = super::graphql::reckon(&shared, &request, passed, trusted, &caller, &self.begun_as).await;
        match answer {
            Answer { data: None, errors, .. } => self.give(Sent::error(&self.id, &errors)).await,
            answer => {
                self.give(Sent::next(&self.id, &answer)).await;
                self.give(Sent::complete(&self.id)).await;
            }
        }
    }

    async fn follow(&self, shared: &Shared, request: &Request, passed: crate::api::Passed) {
        let mut following = match shared.api.follow(request, passed) {
            Ok(following) => following,
            Err(errors) => return self.give(Sent::error(&self.id, &errors)).await,
        };
        let counted = Subscription::begin();
        loop {
            tokio::select! {
                biased;
                () = shared.stopping.begun() => {
                    let error = following.resume("the server stops");
                    return self.give(Sent::error(&self.id, &[error])).await;
                }
                () = following.wait() => {}
            }
            // The place first, and then the event: so there is never more than one that waits.
            let Ok(place) = self.out.reserve().await else { return };
            let outgoing = |message| Outgoing { id: self.id.clone(), number: self.number, message };
            match following.read().await {
                Step::Event(answer) => {
                    counted.told();
                    place.send(outgoing(Sent::next(&self.id, &answer)));
                }
                Step::Nothing => {}
                Step::End(errors) => return place.send(outgoing(Sent::error(&self.id, &errors))),
            }
        }
    }

    /// Where the connection is gone, nobody waits for it.
    async fn give(&self, message: Sent) {
        let _ = self.out.send(Outgoing { id: self.id.clone(), number: self.number, message }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_origins_connect_only_where_they_are_allowed() {
        let allowed = [HeaderValue::from_static("https://example.org")];
        for (origin, origins, expected) in [
            (None, &[][..], true),
            (Some("http://127.0.0.1:8080"), &[], true),
            (Some("https://127.0.0.1:8080"), &[], true),
            (Some("http://127.0.0.1:80801"), &[], false),
            (Some("http://127.0.0.1"), &[], false),
            (Some("https://example.org"), &[], false),
            (Some("null"), &allowed, false),
            (Some("https://example.org"), &allowed, true),
            (Some("https://example.com"), &[HeaderValue::from_static("*")], true),
        ] {
            let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("127.0.0.1:8080"))]);
            headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
            assert_eq!(may_connect(&headers, origins), expected, "{origin:?} {origins:?}");
        }
    }
}
