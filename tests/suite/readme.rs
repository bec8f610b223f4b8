//! The READMEs tell the truth: each query on them is asked, and must give the answer that stands below it.
//!
//! A worked question is a block marked `graphql` with a block marked `json` right below it, nothing but blank lines between
//! them. The variables, and what is asked in `extensions`, stand in the query's first lines as comments:
//! `# variables: { "first": 2 }`, `# extensions: { "plan": true }`. The JSON is the whole answer, `data`, `errors` and
//! `extensions`, compared as a value: how it is wrapped is free.

use std::path::Path;

use serde_json::Value;

use crate::support::{shared, worked};

const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];

/// A fenced block of a document.
struct Block<'a> {
    /// The word behind the opening fence.
    language: &'a str,
    text: &'a str,
    /// The line of the opening fence, from 1.
    line: usize,
    /// Whether nothing but blank lines parts it from the block before.
    follows: bool,
}

fn readme(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn blocks(document: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut opened: Option<(&str, usize, usize)> = None;
    let mut follows = false;
    let mut at = 0;
    for (index, line) in document.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        match (line.strip_prefix("```"), opened) {
            (Some(language), None) => opened = Some((language.trim(), next, index + 1)),
            (Some(_), Some((language, start, line))) => {
                blocks.push(Block { language, text: &document[start..at], line, follows });
                opened = None;
                follows = true;
            }
            (None, None) => follows &= line.trim().is_empty(),
            (None, Some(_)) => {}
        }
        at = next;
    }
    assert!(opened.is_none(), "a block is never closed");
    blocks
}

#[test]
fn every_question_has_the_answer_that_stands_below_it() {
    for name in READMES {
        let document = readme(name);
        let blocks = blocks(&document);
        let mut asked = 0;
        for (place, block) in blocks.iter().enumerate().filter(|(_, block)| block.language == "graphql") {
            let answer = blocks.get(place + 1).filter(|next| next.language == "json" && next.follows);
            let answer = answer.unwrap_or_else(|| panic!("{name}:{}: a query without its answer", block.line));
            let written: Value = serde_json::from_str(answer.text)
                .unwrap_or_else(|error| panic!("{name}:{}: no JSON: {error}", answer.line));
            let given: Value = serde_json::from_slice(&shared().answer_now(&worked(block.text)).to_json()).unwrap();
            assert_eq!(given, written, "{name}:{}: given, and written", block.line);
            asked += 1;
        }
        assert!(asked >= 13, "{name}: {asked} worked questions");
    }
}

#[test]
fn both_readmes_ask_the_same_and_name_the_same_commands() {
    let [english, chinese] = READMES.map(readme);
    for language in ["graphql", "json"] {
        let of = |document| blocks(document).into_iter().filter(|it| it.language == language).map(|it| it.text);
        assert!(of(&english).eq(of(&chinese)), "the {language} blocks differ");
    }
    for (name, document) in READMES.iter().zip([&english, &chinese]) {
        for command in ["cargo run --release", "cargo test"] {
            let told = blocks(document).iter().any(|it| it.language == "sh" && it.text.contains(command));
            assert!(told, "{name} does not say `{command}`");
        }
    }
}

#[test]
fn the_readmes_list_every_bound_with_its_default_and_every_code() {
    for file in ["README.md", "README.zh-CN.md"] {
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        for (name, _, default) in jiedui::config::Limits::default().named() {
            let row = text.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
            let row = row.unwrap_or_else(|| panic!("{file} does not list {name}"));
            assert!(row.ends_with(&format!("| {default} |")), "{file}: {row} is not {default}");
        }
        use jiedui::api::error::Code::*;
        let codes = [
            Unauthenticated,
            Forbidden,
            BadRequest,
            SyntaxError,
            ValidationFailed,
            OperationNotFound,
            BadVariables,
            LimitExceeded,
            BadUserInput,
            Conflict,
            Internal,
        ];
        for code in codes {
            assert!(text.contains(&format!("| `{}` |", code.name())), "{file} does not list {}", code.name());
        }
    }
}
