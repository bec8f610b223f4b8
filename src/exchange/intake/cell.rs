//! One cell, as a file holds it.

use std::fmt;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text as it stands.
    Text(String),
    /// A number of a workbook, in plain digits.
    Number(String),
    /// A number that a workbook shows as a percentage: what it shows, without the sign.
    Share(String),
    /// A date of a workbook, as precise as it shows it.
    Date(String),
    /// Nothing of its own: a merged range covers it, which is told at its first cell.
    Covered,
    /// Something that cannot be read, and what: a formula's error.
    Error(String),
}

impl Cell {
    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty | Self::Covered)
    }

    /// Whether it holds nothing that anyone sees.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            other => other.is_empty(),
        }
    }

    /// A cell of a text file: empty only where there is nothing at all.
    pub fn of_text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty | Self::Covered => Ok(()),
            Self::Text(text) | Self::Number(text) | Self::Date(text) | Self::Error(text) => f.write_str(text),
            Self::Share(text) => write!(f, "{text}%"),
        }
    }
}
