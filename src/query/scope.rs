//! What one request sees.

use jiff::civil::Date;

use super::error::FieldError;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{LEVELS, PROVINCE, REGION_CODE};
use crate::model::value::{Leaf, Scalar};
use crate::store::{Snapshot, Stored, key};

/// One request's view: the snapshot that all of its fields read, and the day that it calls today.
pub struct Scope {
    /// The store as of one revision.
    pub snapshot: Snapshot,
    /// Today (UTC).
    pub today: Date,
}

impl Scope {
    /// A request that begins now.
    pub fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, today: jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date() }
    }

    /// The record that another refers to. That it is there is the writer's promise.
    pub fn referred(&self, id: IdRef<'_>) -> Result<Stored<'_>, FieldError> {
        self.snapshot.get(id)?.ok_or_else(|| FieldError::internal(format!("{id} is referred to and not there")))
    }

    /// The region that has, or had, a code.
    pub fn region_of_code(&self, code: &str) -> Result<Option<Stored<'_>>, FieldError> {
        const CODE: usize = REGION_CODE.slot_of("code");
        for level in LEVELS {
            if let Some(region) = self.snapshot.get(Id::new(level, code).as_ref())? {
                return Ok(Some(region));
            }
        }
        let field = key::indexed(&PROVINCE).find(|field| field.inner == Some(CODE));
        let value = key::sortable(Scalar::Text, &Leaf::Text(code));
        let (Some(field), Some(value)) = (field, value) else { return Ok(None) };
        match self.snapshot.find(field, &value)?.next() {
            Some(found) => Ok(Some(self.referred(found?.as_ref())?)),
            None => Ok(None),
        }
    }

    /// The record of a global id; a region also by any other code that it has or had.
    pub fn node(&self, id: IdRef<'_>) -> Result<Option<Stored<'_>>, FieldError> {
        if let Some(found) = self.snapshot.get(id)? {
            return Ok(Some(found));
        }
        let is_region = id.kind().is_some_and(|kind| LEVELS.contains(&kind));
        let region = if is_region { self.region_of_code(id.key)? } else { None };
        Ok(region.filter(|region| region.kind.tag == id.tag))
    }
}
