//! Who asks, and what they may.

use serde::{Deserialize, Serialize};

use crate::query::error::FieldError;
use crate::query::mutation::Mutation;

/// What a caller may, each more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Role {
    /// Ask, follow what changes, and export.
    Reader,
    /// Change records.
    Editor,
    /// Take revisions back, and import.
    Keeper,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody that is known: may ask, where that is open to all.
    Anyone,
    /// Somebody who showed a token.
    Known {
        /// The name under which the log has them.
        name: String,
        /// What they may.
        role: Role,
    },
}

impl Caller {
    /// The name under which the log has them.
    pub fn name(&self) -> &str {
        match self {
            Self::Anyone => "anyone",
            Self::Known { name, .. } => name,
        }
    }

    /// Whether they may make a change.
    pub fn may(&self, mutation: Mutation) -> Result<(), FieldError> {
        let least = match mutation {
            Mutation::Upsert(_) | Mutation::Delete | Mutation::Batch => Role::Editor,
            Mutation::Revert => Role::Keeper,
        };
        match self {
            Self::Known { role, .. } if *role >= least => Ok(()),
            Self::Known { name, role } => Err(FieldError::forbidden(format!(
                "{name} has the role {}, and this takes the role {}",
                role.name(),
                least.name()
            ))),
            Self::Anyone => Err(FieldError::forbidden(
                "writing is closed without a token: `jiedui token create` makes one, and a request shows it as `Authorization: Bearer …`",
            )),
        }
    }
}

impl Role {
    /// Every role by its name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("reader", Self::Reader), ("editor", Self::Editor), ("keeper", Self::Keeper)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED[self as usize].0
    }

    /// The role of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
    }
}

impl From<Role> for &'static str {
    fn from(role: Role) -> Self {
        role.name()
    }
}

impl TryFrom<String> for Role {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::named(&name).ok_or_else(|| {
            let names: Vec<_> = Self::NAMED.iter().map(|(name, _)| *name).collect();
            format!("expected one of {}, found \"{name}\"", names.join(", "))
        })
    }
}
