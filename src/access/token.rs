//! One token: what is kept of it. Its secret is told once and kept nowhere.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::api::{Caller, Role};
use crate::config::{TOKEN_NAME_CHARS, TOKEN_NOTE_CHARS};
use crate::model::hex::hex;

/// What every secret begins with, so that people and scanners know one when they see it.
const PREFIX: &str = "jdt_";

/// The random bytes of a secret: nobody guesses 256 bits, so a plain SHA-256 keeps them as well as a slow one.
const SECRET_BYTES: usize = 32;

/// The random bytes of an id.
const ID_BYTES: usize = 4;

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// What it is revoked by.
    pub id: String,
    /// Whose it is: the author of what is written with it.
    pub name: String,
    /// What it lets them do.
    pub role: Role,
    /// The SHA-256 of its secret, in hexadecimal.
    pub sha256: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused; never, where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Whether a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is.
    Valid,
    /// Its time is over, since then.
    Expired(Timestamp),
    /// It was taken back then.
    Revoked(Timestamp),
}

impl State {
    /// As lists show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired(_) => "expired",
            Self::Revoked(_) => "revoked",
        }
    }
}

impl Token {
    /// A new token for somebody, and its secret.
    pub fn new(name: &str, role: Role, expires: Option<Timestamp>, note: &str) -> Result<(Self, String), String> {
        fits("the name", name, 1, TOKEN_NAME_CHARS)?;
        fits("the note", note, 0, TOKEN_NOTE_CHARS)?;
        if name == Caller::Anyone.name() || name.starts_with("jiedui") {
            return Err(format!("the name \"{name}\": the log has what nobody wrote under it; choose another"));
        }
        let random = |bytes: &mut [u8]| getrandom::fill(bytes).map_err(|error| format!("no random bytes: {error}"));
        let (mut id, mut secret) = ([0; ID_BYTES], [0; SECRET_BYTES]);
        random(&mut id)?;
        random(&mut secret)?;
        let secret = format!("{PREFIX}{}", hex(&secret));
        let token = Self {
            id: hex(&id),
            name: name.to_owned(),
            role,
            sha256: hex(&Sha256::digest(&secret)),
            created: Timestamp::now(),
            expires,
            revoked: None,
            note: note.to_owned(),
        };
        Ok((token, secret))
    }

    /// Whether it is good at a moment.
    pub fn state(&self, now: Timestamp) -> State {
        match (self.revoked, self.expires) {
            (Some(at), _) => State::Revoked(at),
            (None, Some(at)) if at <= now => State::Expired(at),
            _ => State::Valid,
        }
    }

    /// What is wrong with one that was read.
    pub fn problem(&self) -> Option<String> {
        let is_hex = |text: &str, bytes: usize| {
            text.len() == 2 * bytes && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !is_hex(&self.id, ID_BYTES) {
            return Some(format!("id: expected {} hexadecimal digits", 2 * ID_BYTES));
        }
        if !is_hex(&self.sha256, 32) {
            return Some("sha256: expected 64 hexadecimal digits".to_owned());
        }
        fits("the name", &self.name, 1, TOKEN_NAME_CHARS).and(fits("the note", &self.note, 0, TOKEN_NOTE_CHARS)).err()
    }
}

/// The digest that a secret is found by; nothing where it cannot be one.
pub fn digest(secret: &str) -> Option<String> {
    let random = secret.strip_prefix(PREFIX)?;
    (random.len() == 2 * SECRET_BYTES).then(|| hex(&Sha256::digest(secret)))
}

/// Whether two digests are the same, in a time that does not tell where they differ.
pub fn same(left: &str, right: &str) -> bool {
    let pairs = left.bytes().zip(right.bytes());
    left.len() == right.len() && pairs.fold(0, |differs, (left, right)| differs | (left ^ right)) == 0
}

fn fits(what: &str, text: &str, least: usize, most: usize) -> Result<(), String> {
    let count = text.chars().count();
    if text.trim() != text || text.chars().any(char::is_control) || !(least..=most).contains(&count) {
        let bounds = if least == 0 { format!("at most {most}") } else { format!("{least} to {most}") };
        return Err(format!("{what}: expected {bounds} characters on one line, without spaces around them"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_the_digest_of_what_is_told() {
        let (token, secret) = Token::new("李华", Role::Editor, None, "").unwrap();
        let (other, another) = Token::new("李华", Role::Editor, None, "").unwrap();
        assert!(secret.starts_with(PREFIX) && secret.len() == PREFIX.len() + 64 && secret != another);
        assert_eq!(digest(&secret).as_ref(), Some(&token.sha256));
        assert!(same(&token.sha256, &token.sha256) && !same(&token.sha256, &other.sha256));
        assert!(!same("ab", "a") && !same("", "a"));
        assert_eq!((token.problem(), token.state(Timestamp::now())), (None, State::Valid));
        for wrong in ["", &secret[4..], "jdt_", &format!("{secret}0"), &secret.to_uppercase()] {
            assert_eq!(digest(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_is_one_line() {
        for wrong in ["", " 李华", "李\n华", &"李".repeat(TOKEN_NAME_CHARS + 1)] {
            assert!(Token::new(wrong, Role::Reader, None, "").unwrap_err().contains("the name"), "{wrong}");
        }
        assert!(Token::new("李华", Role::Reader, None, "a\nb").unwrap_err().contains("the note"));
        for taken in ["anyone", "jiedui", "jiedui import gazetteer"] {
            assert!(Token::new(taken, Role::Reader, None, "").unwrap_err().contains("choose another"), "{taken}");
        }
    }

    #[test]
    fn a_token_ends_when_it_says_and_what_is_revoked_stays_so() {
        let (mut token, _) = Token::new("a", Role::Reader, Some(Timestamp::UNIX_EPOCH), "").unwrap();
        assert_eq!(token.state(Timestamp::UNIX_EPOCH), State::Expired(Timestamp::UNIX_EPOCH));
        assert_eq!(token.state(Timestamp::MIN), State::Valid);
        token.revoked = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(token.state(Timestamp::MIN), State::Revoked(Timestamp::UNIX_EPOCH));
    }
}
