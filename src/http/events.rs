//! Server-sent events, as graphql-sse has them with a connection for each operation: `next` for what comes, `complete` behind it.
//! What the gate refuses comes as an event too, since a browser shows its page nothing of a stream that fails.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;

use super::Shared;
use super::access::Shown;
use super::subscriptions::Subscription;
use crate::api::error::{Code, GraphqlError};
use crate::api::following::{Following, Step};
use crate::api::request::Answer;

/// What is left to send.
enum Left {
    /// The events of a subscription.
    Following(Box<Following>, Shown, Subscription),
    /// One answer.
    One(Answer),
    /// That it is over.
    Complete,
    /// Nothing.
    Nothing,
}

/// A browser passes an event on only where it has data.
const COMPLETE: &[u8] = b"event: complete\ndata: \n\n";
/// A sign of life is a comment.
const ALIVE: &[u8] = b":\n\n";

/// A subscription as a stream that ends when it does, or when the server stops.
pub fn follow(shared: &Shared, shown: &Shown, following: Following) -> Response {
    stream(shared, Left::Following(Box::new(following), shown.clone(), Subscription::begin()))
}

/// One answer as a stream.
pub fn one(shared: &Shared, answer: Answer) -> Response {
    stream(shared, Left::One(answer))
}

fn stream(shared: &Shared, left: Left) -> Response {
    // The next is made when the last was taken.
    let events = unfold((shared.clone(), left), |(shared, left)| async move {
        let (event, left) = next(&shared, left).await?;
        Some((Ok::<_, Infallible>(event), (shared, left)))
    });
    let headers = [
        (CONTENT_TYPE.as_str(), "text/event-stream; charset=utf-8"),
        (CACHE_CONTROL.as_str(), "no-cache"),
        (VARY.as_str(), "accept"),
        // A proxy that gathers answers would hold events back.
        ("x-accel-buffering", "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

async fn next(shared: &Shared, left: Left) -> Option<(Bytes, Left)> {
    match left {
        Left::Following(mut following, shown, counted) => loop {
            tokio::select! {
                biased;
                () = shared.stopping.begun() => {
                    let error = following.resume("the server stops");
                    return Some((next_event(&Answer::refused(vec![error])), Left::Complete));
                }
                () = following.wait() => {}
                () = tokio::time::sleep(shared.settings.limits.keepalive()) => {
                    return Some((Bytes::from_static(ALIVE), Left::Following(following, shown, counted)));
                }
            }
            // A token may have been revoked since.
            if let Err(refused) = shown.caller(shared) {
                let error = GraphqlError::request(Code::Unauthenticated, refused.to_string());
                return Some((next_event(&Answer::refused(vec![error])), Left::Complete));
            }
            match following.read().await {
                Step::Event(answer) => {
                    counted.told();
                    return Some((next_event(&answer), Left::Following(following, shown, counted)));
                }
                Step::Nothing => {}
                Step::End(errors) => return Some((next_event(&Answer::refused(errors)), Left::Complete)),
            }
        },
        Left::One(answer) => Some((next_event(&answer), Left::Complete)),
        Left::Complete => Some((Bytes::from_static(COMPLETE), Left::Nothing)),
        Left::Nothing => None,
    }
}

/// JSON has no line breaks of its own.
fn next_event(answer: &Answer) -> Bytes {
    let mut event = b"event: next\ndata: ".to_vec();
    event.extend_from_slice(&answer.to_json());
    event.extend_from_slice(b"\n\n");
    event.into()
}
