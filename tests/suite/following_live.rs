//! A server in this process over a socket, so that a test can write to the store that it serves; and clients that follow it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiedui::access::{Access, Reading};
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::http::{Settings, Stopping, routes, serve};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

use crate::mutations::{change, keeper};
use crate::server::jiedui;
use crate::support::{Loaded, data, loaded};

/// A running server.
pub struct Live {
    pub api: Arc<Api>,
    pub address: SocketAddr,
    pub db: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<tokio::runtime::Runtime>,
    serving: Option<tokio::task::JoinHandle<()>>,
    _folder: TempDir,
}

impl Live {
    /// Starts one with bounds; pages of https://example.org may connect.
    pub fn start(settings: &[&str]) -> Self {
        Self::start_for(Reading::Open, settings)
    }

    /// The same, where reading may take a token.
    pub fn start_for(reading: Reading, settings: &[&str]) -> Self {
        let Loaded { folder, api } = loaded(Executor::Plan);
        drop(api);
        let mut limits = Limits::default();
        settings.iter().for_each(|setting| limits.set(setting).unwrap());
        let db = folder.path().join("jiedui.redb");
        let tokens = folder.path().join("jiedui.redb.tokens");
        let store = crate::support::open(&db);
        let api = Arc::new(Api::new(Arc::new(store), Executor::Plan, limits.clone()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let origins = vec!["https://example.org".parse().unwrap()];
        let settings = Settings { limits: limits.clone(), origins, ..Settings::default() };
        let stopping = Stopping::default();
        let access = Access::open(tokens, reading).unwrap();
        let front = routes(api.clone(), access, settings, metrics, stopping.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = runtime.spawn(async move {
            let stopped = async { drop(stopped.await) };
            serve(listener, front, None, &limits, stopping, stopped).await.unwrap();
        });
        Self { api, db, address, stop: Some(stop), runtime: Some(runtime), serving: Some(serving), _folder: folder }
    }

    /// Gives an enterprise a name as a revision, which is given.
    pub fn name(&self, key: &str, name: &str) -> u64 {
        let query = "mutation($input: EnterpriseInput!) { upsertEnterprise(input: $input) { revision } }";
        let input = json!({ "input": { "id": format!("enterprise:{key}"), "name": name } });
        data(&change(&self.api, query, input, &keeper()))["upsertEnterprise"]["revision"].as_u64().unwrap()
    }

    /// Tells it to stop.
    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until it has.
    pub fn stopped(&mut self) {
        let serving = self.serving.take().unwrap();
        self.runtime.as_ref().unwrap().block_on(serving).unwrap();
    }

    /// Makes a token for reading, and gives it.
    pub fn token(&self) -> String {
        let mut command = jiedui(&["token", "create", "--name", "reader", "--role", "reader"]);
        let made = command.env("JIEDUI_DB", &self.db).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// Takes every token away.
    pub fn revoke(&self) {
        let listed = jiedui(&["token", "list", "--format", "json"]).env("JIEDUI_DB", &self.db).output().unwrap();
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        for token in listed.as_array().unwrap() {
            let id = token["id"].as_str().unwrap();
            let status = jiedui(&["token", "revoke", id]).env("JIEDUI_DB", &self.db).stdout(Stdio::null()).status();
            assert!(status.unwrap().success());
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// A WebSocket with a subprotocol, as a page of an origin would open it.
    pub fn socket(&self, protocol: Option<&str>, origin: Option<&str>) -> Result<Socket, u16> {
        let mut request = format!("ws://{}/graphql", self.address).into_client_request().unwrap();
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        match tungstenite::client(request, self.connect()) {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
                Err(answer.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// A WebSocket that was acknowledged.
    pub fn ready(&self) -> Socket {
        let mut socket = self.socket(Some("graphql-transport-ws"), None).unwrap();
        socket.send(json!({ "type": "connection_init" }));
        assert_eq!(socket.next(), json!({ "type": "connection_ack" }));
        socket
    }

    /// A stream of events, and the head of the answer.
    pub fn events(&self, accept: &str, body: &Value) -> (Events, String) {
        self.events_with(accept, "", body)
    }

    /// The same, with more lines of the request's head.
    pub fn events_with(&self, accept: &str, lines: &str, body: &Value) -> (Events, String) {
        let mut stream = self.connect();
        let body = body.to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\ncontent-type: application/json\r\n{lines}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        Events::read(stream)
    }

    /// The same by GET.
    pub fn events_by_get(&self, target: &str) -> (Events, String) {
        let mut stream = self.connect();
        stream
            .write_all(format!("GET {target} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n").as_bytes())
            .unwrap();
        Events::read(stream)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A client's end of a WebSocket.
pub struct Socket(pub WebSocket<TcpStream>);

impl Socket {
    pub fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).unwrap();
    }

    pub fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        self.send(json!({ "id": id, "type": "subscribe", "payload": { "query": query, "variables": variables } }));
    }

    /// The next message of the server.
    pub fn next(&mut self) -> Value {
        loop {
            match self.0.read().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The code with which the server closes, and why.
    pub fn closed(&mut self) -> (u16, String) {
        loop {
            match self.0.read() {
                Ok(Message::Close(Some(frame))) => return (frame.code.into(), frame.reason.to_string()),
                Ok(_) => {}
                Err(error) => panic!("it was cut off: {error}"),
            }
        }
    }
}

/// A stream of server-sent events in chunks.
pub struct Events(BufReader<TcpStream>);

impl Events {
    fn read(stream: TcpStream) -> (Self, String) {
        let mut events = Self(BufReader::new(stream));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(events.0.read_line(&mut head).unwrap() > 0, "{head}");
        }
        (events, head)
    }

    /// The next line that is no size of a chunk; nothing at the end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The next event by its name and data, without comments; nothing at the end.
    pub fn next(&mut self) -> Option<(String, String)> {
        let mut name = String::new();
        loop {
            let line = self.line()?;
            if let Some(event) = line.strip_prefix("event: ") {
                name = event.to_owned();
            } else if let Some(data) = line.strip_prefix("data:") {
                return Some((name, data.trim_start().to_owned()));
            }
        }
    }

    /// The next event, which is a `next`.
    pub fn answer(&mut self) -> Value {
        let (name, data) = self.next().expect("an event");
        assert_eq!(name, "next", "{data}");
        serde_json::from_str(&data).unwrap()
    }

    /// The next line of whatever kind that is a comment.
    pub fn comment(&mut self) -> String {
        loop {
            let line = self.line().expect("a comment");
            if line.starts_with(':') {
                return line;
            }
        }
    }

    /// Expects the end: `complete`, and nothing behind it.
    pub fn complete(&mut self) {
        assert_eq!(self.next(), Some(("complete".to_owned(), String::new())));
        assert_eq!(self.next(), None);
    }
}
