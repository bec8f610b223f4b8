//! The bounds of a document's text: bytes, tokens, nesting, directives, fields, aliases. Checked on its tokens, before it
//! is parsed: parsing costs five times as much.

use apollo_parser::{Lexer, TokenKind};

use super::bounds::Counted;
use super::error::GraphqlError;
use crate::config::Limits;

/// Checks a document's text. What is no token is left to the parser.
pub fn check(text: &str, limits: &Limits) -> Result<(), GraphqlError> {
    let mut bytes = Counted::new("bytes", limits.document_bytes);
    bytes.reach(text.len(), limits.document_bytes);
    bytes.check(text)?;
    let mut counts = Counts {
        tokens: Counted::new("tokens", limits.tokens),
        levels: Counted::new("levels of brackets", limits.nesting),
        directives: Counted::new("directives", limits.directives),
        fields: Counted::new("fields", limits.fields),
        aliases: Counted::new("aliases", limits.aliases),
        level: 0,
        parentheses: 0,
        before: Before::Other,
        name_at: 0,
    };
    for token in Lexer::new(text).filter_map(Result::ok) {
        counts.count(token.kind(), token.data(), token.index());
    }
    let Counts { tokens, levels, directives, fields, aliases, .. } = counts;
    [tokens, levels, directives, fields, aliases].iter().try_for_each(|counted| counted.check(text))
}

struct Counts {
    tokens: Counted,
    levels: Counted,
    directives: Counted,
    fields: Counted,
    aliases: Counted,
    level: usize,
    parentheses: usize,
    before: Before,
    /// Where the last field begins: with its alias, if the next token is a colon.
    name_at: usize,
}

/// What stands before a token, as far as it decides whether a name is a field's.
enum Before {
    /// `...`
    Spread,
    /// `@`, the colon of an alias, or the `on` of a fragment: what follows names no field.
    NoField,
    Other,
}

impl Counts {
    fn count(&mut self, kind: TokenKind, data: &str, at: usize) {
        let mut before = Before::Other;
        match kind {
            // Between two of them stands something that counts.
            TokenKind::Whitespace | TokenKind::Eof => return,
            // They stand between any two tokens.
            TokenKind::Comma | TokenKind::Comment => return self.tokens.add(at),
            TokenKind::LCurly | TokenKind::LBracket => self.level += 1,
            TokenKind::RCurly | TokenKind::RBracket => self.level = self.level.saturating_sub(1),
            TokenKind::LParen => {
                self.level += 1;
                self.parentheses += 1;
            }
            TokenKind::RParen => {
                self.level = self.level.saturating_sub(1);
                self.parentheses = self.parentheses.saturating_sub(1);
            }
            TokenKind::At => {
                self.directives.add(at);
                before = Before::NoField;
            }
            TokenKind::Spread => before = Before::Spread,
            TokenKind::Colon if self.parentheses == 0 => {
                self.aliases.add(self.name_at);
                before = Before::NoField;
            }
            TokenKind::Name if self.parentheses == 0 && self.level > 0 => match self.before {
                Before::Spread if data == "on" => before = Before::NoField,
                Before::Spread | Before::NoField => {}
                Before::Other => {
                    self.fields.add(at);
                    self.name_at = at;
                }
            },
            _ => {}
        }
        self.before = before;
        self.levels.reach(self.level, at);
        self.tokens.add(at);
    }
}
