//! `jiedui token`.

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::exit::say;
use super::{Db, Failure};
use crate::access::{self, State, Token, beside, until};
use crate::api::Role;

/// Keeps the tokens, which live in a file beside the database: its name with `.tokens`.
#[derive(Debug, clap::Args)]
pub struct Tokens {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token, and print it: it is shown this once.
    Create(Create),
    /// List the tokens: what they are for, never what they are.
    List(List),
    /// Take a token back, at once.
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
struct Create {
    #[command(flatten)]
    db: Db,
    /// Whose it is: the log has what is written with it under this name.
    #[arg(long)]
    name: String,
    /// What it lets them do: a reader asks, an editor changes records too, a keeper also takes revisions back and imports.
    #[arg(long, value_parser = |name: &str| Role::try_from(name.to_owned()))]
    role: Role,
    /// How long it lasts: 12h, 90d, 8w, or until a day such as 2027-01-01 begins in UTC. Without it, until it is revoked.
    #[arg(long, value_name = "TIME", value_parser = |text: &str| until(text, Timestamp::now()))]
    expires: Option<Timestamp>,
    /// What it is for.
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    db: Db,
    /// As text for people, or as JSON for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, clap::Args)]
struct Revoke {
    #[command(flatten)]
    db: Db,
    /// The id that the list shows.
    id: String,
}

impl Tokens {
    /// Does what is asked; a server that is running knows with its next request.
    pub fn run(self) -> Result<(), Failure> {
        match self.what {
            What::Create(create) => create.run(),
            What::List(list) => list.run(),
            What::Revoke(revoke) => revoke.run(),
        }
    }
}

impl Create {
    /// Standard output has the token alone, so that a script can take it.
    fn run(self) -> Result<(), Failure> {
        let made = Token::new(&self.name, self.role, self.expires, &self.note);
        let (token, secret) = made.map_err(Failure::Usage)?;
        let path = beside(&self.db.db);
        let told = format!(
            "token {} for {}, {}, {}; kept in {}, shown this once: send it as `Authorization: Bearer …`",
            token.id,
            token.name,
            token.role.name(),
            token.expires.map_or_else(|| "until it is revoked".to_owned(), |at| format!("until {}", short(at))),
            path.display()
        );
        access::Tokens::change(&path, |tokens| tokens.add(token))?;
        eprintln!("{told}");
        say(&secret)
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let tokens = access::Tokens::read(&beside(&self.db.db))?;
        let now = Timestamp::now();
        match self.format {
            Format::Json => {
                let all: Vec<_> = tokens.all().iter().map(|token| as_json(token, now)).collect();
                say(&serde_json::to_string_pretty(&all).context("the list cannot be written")?)
            }
            Format::Text if tokens.all().is_empty() => say("no tokens"),
            Format::Text => {
                let row = |cells: [&str; 7]| {
                    let [id, role, state, created, expires, name, note] = cells;
                    let line = format!("{id:8}  {role:6}  {state:7}  {created:20}  {expires:20}  {name}  {note}");
                    say(line.trim_end())
                };
                row(["ID", "ROLE", "STATE", "CREATED", "EXPIRES", "NAME", "NOTE"])?;
                tokens.all().iter().try_for_each(|token| {
                    let Token { id, role, name, note, .. } = token;
                    let expires = token.expires.map_or_else(|| "never".to_owned(), short);
                    row([id, role.name(), token.state(now).name(), &short(token.created), &expires, name, note])
                })
            }
        }
    }
}

impl Revoke {
    fn run(self) -> Result<(), Failure> {
        let revoked = |tokens: &mut access::Tokens| tokens.revoke(&self.id).cloned();
        let token = access::Tokens::change(&beside(&self.db.db), revoked)?;
        let since = match token.state(Timestamp::now()) {
            State::Revoked(at) => short(at),
            state => state.name().to_owned(),
        };
        say(&format!("token {} of {} is revoked since {since}", token.id, token.name))
    }
}

/// What programs learn of a token: all that is kept but the digest.
fn as_json(token: &Token, now: Timestamp) -> Value {
    let Token { id, name, role, created, expires, revoked, note, sha256: _ } = token;
    let state = token.state(now).name();
    json!({
        "id": id, "name": name, "role": role, "state": state, "created": created, "expires": expires, "revoked": revoked,
        "note": note,
    })
}

/// A time to the second.
fn short(at: Timestamp) -> String {
    format!("{at:.0}")
}
