//! The counters of requests and answers, each kept once it was found: finding one by its labels costs more than counting.

use std::sync::{PoisonError, RwLock};

use metrics::{Counter, Histogram};

/// What is counted of each request. There are only so many methods, routes, statuses, codes, and names of trusted documents.
#[derive(Default)]
pub struct Counted {
    requests: Known<(&'static str, String, u16), (Counter, Histogram)>,
    answers: Known<(&'static str, String), Counter>,
}

impl Counted {
    /// Counts a request by its method, route and status, and the seconds that it took.
    pub fn request(&self, method: &'static str, route: &str, status: u16, seconds: f64) {
        let is_it = |(m, r, s): &(&str, String, u16)| *m == method && r == route && *s == status;
        let make = || {
            let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
            let taken = metrics::histogram!("jiedui_request_seconds", "route" => route.to_owned());
            ((method, route.to_owned(), status), (metrics::counter!("jiedui_requests_total", &labels), taken))
        };
        self.requests.with(is_it, make, |(counter, taken)| {
            counter.increment(1);
            taken.record(seconds);
        });
    }

    /// Counts an answer by the code of its first error, and the operation where its document is known.
    pub fn answer(&self, code: &'static str, operation: &str) {
        let make = || {
            let labels = [("code", code.to_owned()), ("operation", operation.to_owned())];
            ((code, operation.to_owned()), metrics::counter!("jiedui_answers_total", &labels))
        };
        self.answers.with(|(c, o)| *c == code && o == operation, make, |counter| counter.increment(1));
    }
}

/// What was found before, by what it was found by.
struct Known<K, V>(RwLock<Vec<(K, V)>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K, V> Known<K, V> {
    fn with(&self, is_it: impl Fn(&K) -> bool, make: impl FnOnce() -> (K, V), count: impl FnOnce(&V)) {
        {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, value)) = known.iter().find(|(key, _)| is_it(key)) {
                return count(value);
            }
        }
        // One that two find at once is there twice, and is the same.
        let found = make();
        count(&found.1);
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(found);
    }
}
