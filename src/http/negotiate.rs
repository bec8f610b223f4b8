//! Media types: which the client accepts, and which it sends.

use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName};

/// The media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status says what came of the request.
    GraphqlResponse,
    /// `application/json`: 200 whatever came of it, for clients that take any other status for a failure of the transport.
    Json,
    /// `application/x-ndjson`: a line for each node of one connection, to its end.
    Lines,
}

impl Media {
    /// As it stands in the header.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::Lines => "application/x-ndjson; charset=utf-8",
        }
    }
}

/// The media type that a client likes best of those that we have; nothing where it accepts none. One that accepts
/// anything, or says nothing, gets JSON, as the draft asks.
pub fn accepted(headers: &HeaderMap) -> Option<Media> {
    let ranges = ranges(headers, ACCEPT);
    if ranges.is_empty() {
        return Some(Media::Json);
    }
    // The better of two that are liked alike is the first.
    let ours = [
        (Media::Json, "application/json"),
        (Media::GraphqlResponse, "application/graphql-response+json"),
        (Media::Lines, "application/x-ndjson"),
    ];
    let liked = ours.into_iter().map(|(media, name)| (media, liking(&ranges, name)));
    let best =
        liked.filter(|(_, liking)| *liking > (0, 0)).reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(media, _)| media)
}

/// Whether a client takes a stream of events, which it has to name.
pub fn takes_events(headers: &HeaderMap) -> bool {
    ranges(headers, ACCEPT).iter().any(|range| range.name == "text/event-stream" && range.quality > 0)
}

/// Whether a client, a browser that is, would rather see a page.
pub fn prefers_html(headers: &HeaderMap) -> bool {
    let ranges = ranges(headers, ACCEPT);
    liking(&ranges, "text/html").0 > 0 && ranges.iter().any(|range| range.name == "text/html")
}

/// What the body of a request is said to be: its media type, and its character set where it names one.
pub fn sent(headers: &HeaderMap) -> (String, Option<String>) {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = value.split(';').map(|part| part.trim().to_ascii_lowercase());
    let name = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| Some(parameter(&part, "charset")?.trim_matches('"').to_owned()));
    (name, charset)
}

/// A content coding, such as gzip, by which the body of a request would have to be decoded first.
pub fn content_coding(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let codings = values.flat_map(|value| value.to_str().unwrap_or("another").split(','));
    let mut codings = codings.map(|coding| coding.trim().to_ascii_lowercase());
    codings.find(|coding| !coding.is_empty() && coding != "identity")
}

/// Whether a client takes gzip.
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let codings = ranges(headers, ACCEPT_ENCODING);
    let named = |name: &str| codings.iter().find(|coding| coding.name == name);
    named("gzip").or_else(|| named("*")).is_some_and(|coding| coding.quality > 0)
}

/// Whether a client has what a weak tag stands for.
pub fn knows(headers: &HeaderMap, tag: &str) -> bool {
    let weak = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let values = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).any(|known| known == "*" || weak(known) == weak(tag))
}

/// What a header lists, each with its quality.
fn ranges(headers: &HeaderMap, name: HeaderName) -> Vec<Range> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(Range::parse).collect()
}

/// The value of a parameter such as `q=0.5`.
fn parameter<'p>(part: &'p str, name: &str) -> Option<&'p str> {
    let (found, value) = part.split_once('=')?;
    found.trim().eq_ignore_ascii_case(name).then(|| value.trim())
}

/// One range of a header that lists what is accepted.
struct Range {
    name: String,
    /// The quality in thousandths.
    quality: u16,
}

impl Range {
    fn parse(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| parameter(part, "q")?.parse::<f32>().ok()).unwrap_or(1.0);
        Self { name, quality: (quality.clamp(0.0, 1.0) * 1000.0) as u16 }
    }
}

/// How much a media type is liked: the quality of the most specific range that it is in, and how specific that is.
fn liking(ranges: &[Range], name: &str) -> (u16, u8) {
    let group = name.split('/').next().unwrap_or_default();
    let specific = |range: &&Range| match range.name.as_str() {
        exact if exact == name => Some(3),
        any if any.strip_suffix("/*") == Some(group) => Some(2),
        "*/*" => Some(1),
        _ => None,
    };
    let in_them = ranges.iter().filter_map(|range| Some((specific(&range)?, range.quality)));
    in_them.max().map_or((0, 0), |(specific, quality)| if quality == 0 { (0, 0) } else { (quality, specific) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_that_is_liked_best_is_chosen() {
        for (accept, expected) in [
            (None, Some(Media::Json)),
            (Some("*/*"), Some(Media::Json)),
            (Some("application/*"), Some(Media::Json)),
            (Some("application/json"), Some(Media::Json)),
            (Some("application/graphql-response+json"), Some(Media::GraphqlResponse)),
            (Some("application/graphql-response+json, application/json"), Some(Media::Json)),
            (Some("application/graphql-response+json, application/json;q=0.9"), Some(Media::GraphqlResponse)),
            (Some("application/graphql-response+json; charset=utf-8, */*;q=0.5"), Some(Media::GraphqlResponse)),
            (Some("APPLICATION/JSON;q=0.1, text/html"), Some(Media::Json)),
            (Some("application/json;q=0, */*"), Some(Media::GraphqlResponse)),
            (Some("application/json; Q=0, */*; q = 0.5"), Some(Media::GraphqlResponse)),
            (Some("application/x-ndjson"), Some(Media::Lines)),
            (Some("application/x-ndjson, application/json;q=0.9, */*;q=0.1"), Some(Media::Lines)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
            (Some(""), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(accepted(&headers), expected, "{accept:?}");
        }
    }

    #[test]
    fn gzip_is_sent_to_those_that_take_it() {
        for (accept, expected) in [
            ("gzip, deflate, br", true),
            ("GZIP;q=0.1", true),
            ("*", true),
            ("br", false),
            ("gzip;q=0, *", false),
            ("identity", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, accept.parse().unwrap())]);
            assert_eq!(takes_gzip(&headers), expected, "{accept}");
        }
    }
}
