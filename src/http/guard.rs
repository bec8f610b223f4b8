//! What a connection may take: there are only so many at once, and one whose client reads nothing is cut off.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

/// Takes connections as long as there is room, and closes others at once.
#[derive(Debug, Clone)]
pub struct Guard {
    room: Arc<Semaphore>,
    /// How many it has room for.
    all: u32,
    stall: Duration,
}

/// A connection, and the room that it takes until it is closed.
pub struct Guarded {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    _room: OwnedSemaphorePermit,
}

impl Guard {
    /// Room for so many connections, each of which may stall so long in reading what is sent to it.
    pub fn new(connections: usize, stall: Duration) -> Self {
        let all = u32::try_from(connections).unwrap_or(u32::MAX);
        Self { room: Arc::new(Semaphore::new((all as usize).min(Semaphore::MAX_PERMITS))), all, stall }
    }

    /// Waits until every connection is closed, those among them that became WebSockets.
    pub async fn emptied(&self) {
        let _ = self.room.acquire_many(self.all).await;
    }

    fn admit(&self, stream: TcpStream) -> io::Result<Guarded> {
        let room = self.room.clone().try_acquire_owned().map_err(|_| {
            metrics::counter!("jiedui_connections_refused_total").increment(1);
            io::Error::other("as many connections as there may be")
        })?;
        // An answer is written whole: waiting for more to send only makes it late.
        stream.set_nodelay(true)?;
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(self.stall));
        Ok(Guarded { stream, _room: room })
    }
}

impl<S> Accept<TcpStream, S> for Guard {
    type Stream = Guarded;
    type Service = S;
    type Future = Ready<io::Result<(Guarded, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.admit(stream).map(|stream| (stream, service)))
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(cx)
    }
}
