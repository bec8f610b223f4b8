//! A body that a thread writes while it is sent. Only so much of it is ever in memory: the thread waits for the client to read.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use futures_util::Stream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep, timeout_at};

use crate::config::{STREAM_PART_BYTES, STREAM_PART_MS, STREAM_PARTS};

/// What is sent from the thread.
enum Part {
    Bytes(Bytes),
    /// That was all. Without it the body is no whole one, and the connection is cut.
    End,
}

/// Where the thread writes.
pub struct Out {
    parts: mpsc::Sender<Part>,
    runtime: Handle,
    deadline: Instant,
    gathered: Vec<u8>,
    /// When the last part was sent, and whether any was.
    sent: Instant,
    begun: bool,
}

/// What is sent of a body, behind its first part.
pub struct Streamed {
    first: Option<Bytes>,
    parts: mpsc::Receiver<Part>,
    ended: bool,
    /// Until when the last bytes of a body that failed are given to the client, before the connection is cut.
    cut: Option<Pin<Box<Sleep>>>,
}

/// A body, where its thread writes, and where it is read. It may take so long in all.
pub fn stream(time: Duration) -> (Out, Reading) {
    let (sender, receiver) = mpsc::channel(STREAM_PARTS);
    let now = Instant::now();
    let out = Out {
        parts: sender,
        runtime: Handle::current(),
        deadline: now + time,
        gathered: Vec::with_capacity(STREAM_PART_BYTES),
        sent: now,
        begun: false,
    };
    (out, Reading(receiver))
}

/// What stands in the place of such a body where only its head is asked: nobody knows how long it would be.
pub fn unread() -> Body {
    let (_, parts) = mpsc::channel(1);
    Body::from_stream(Streamed { first: None, parts, ended: true, cut: None })
}

/// A body of which nothing was read yet.
pub struct Reading(mpsc::Receiver<Part>);

impl Reading {
    /// The body, once its first part is there; nothing where its thread gave up before that.
    pub async fn begun(mut self) -> Option<Body> {
        let (first, ended) = match self.0.recv().await? {
            Part::Bytes(bytes) => (Some(bytes), false),
            Part::End => (None, true),
        };
        Some(Body::from_stream(Streamed { first, parts: self.0, ended, cut: None }))
    }
}

impl Out {
    /// Says that all is written.
    pub fn end(mut self) -> io::Result<()> {
        self.flush()?;
        self.send(Part::End)
    }

    /// Sends what is gathered, if the last part was sent some time ago: a line that is found late is not held back for others.
    pub fn flush_if_late(&mut self) -> io::Result<()> {
        if self.sent.elapsed() > Duration::from_millis(STREAM_PART_MS) { self.flush() } else { Ok(()) }
    }

    /// Whether anything was sent.
    pub fn begun(&self) -> bool {
        self.begun
    }

    fn send(&mut self, part: Part) -> io::Result<()> {
        self.begun = true;
        let (parts, deadline) = (&self.parts, self.deadline.into());
        self.sent = Instant::now();
        match self.runtime.block_on(timeout_at(deadline, parts.send(part))) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone away")),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client reads too slowly")),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= STREAM_PART_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let part = std::mem::replace(&mut self.gathered, Vec::with_capacity(STREAM_PART_BYTES));
        self.send(Part::Bytes(part.into()))
    }
}

impl Stream for Streamed {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        if self.cut.is_none() {
            match ready!(self.parts.poll_recv(cx)) {
                Some(Part::Bytes(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Some(Part::End) => {
                    self.ended = true;
                    return Poll::Ready(None);
                }
                None => {}
            }
        }
        // The connection is dropped with what it has not sent, so the last bytes get a moment.
        let wait = || Box::pin(sleep(Duration::from_millis(STREAM_PART_MS)));
        ready!(self.cut.get_or_insert_with(wait).as_mut().poll(cx));
        Poll::Ready(Some(Err(io::Error::other("the body ended before its end"))))
    }
}
