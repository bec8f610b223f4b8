//! `jiedui query`.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use serde_json::{Map, Value};

use super::exit::print;
use super::{Bounds, Db, Failure};
use crate::api::request::Request;
use crate::api::{Api, Executor};
use crate::store::Store;

/// Answers one query.
#[derive(Debug, clap::Args)]
pub struct Query {
    #[command(flatten)]
    db: Db,
    #[command(flatten)]
    bounds: Bounds,
    /// The document; standard input where neither it nor --file is given.
    query: Option<String>,
    /// A file that holds the document.
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    file: Option<PathBuf>,
    /// The variables, as a JSON object.
    #[arg(long, value_name = "JSON")]
    variables: Option<String>,
    /// What is asked beyond the data, as a JSON object: citations, plan, receipt.
    #[arg(long, value_name = "JSON")]
    extensions: Option<String>,
    /// Which operation of the document.
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
}

impl Query {
    /// Prints the answer.
    pub fn run(self) -> Result<(), Failure> {
        let request = self.request()?;
        let limits = self.bounds.limits()?;
        let store = Store::open_reading(&self.db.db, limits.cache_bytes)?;
        let answer = Api::new(Arc::new(store), Executor::Plan, limits).answer_now(&request);
        let mut body = answer.to_json();
        body.push(b'\n');
        print(&body)?;
        if answer.errors.is_empty() { Ok(()) } else { Err(Failure::Answered) }
    }

    fn request(&self) -> Result<Request, Failure> {
        let query = match (&self.query, &self.file) {
            (Some(query), _) => query.clone(),
            (None, Some(file)) => {
                std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
            }
            (None, None) => {
                let mut query = String::new();
                std::io::stdin().read_to_string(&mut query).context("cannot read the query from standard input")?;
                query
            }
        };
        let variables = object("--variables", self.variables.as_deref())?;
        let extensions = object("--extensions", self.extensions.as_deref())?;
        Ok(Request { query, operation_name: self.operation.clone(), variables, extensions, ..Request::default() })
    }
}

/// The JSON object that an option holds; an empty one where it is not given.
fn object(option: &str, text: Option<&str>) -> Result<Map<String, Value>, Failure> {
    let Some(text) = text else { return Ok(Map::new()) };
    serde_json::from_str(text).map_err(|error| Failure::Usage(format!("{option}: expected a JSON object: {error}")))
}
