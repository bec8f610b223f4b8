//! Records as JSON: a line for each, or a feature of GeoJSON for each that has a place.

use std::io::Write;

use serde_json::json;

use super::OutletError;
use crate::model::catalog::Kind;
use crate::model::json;
use crate::model::record::Record;
use crate::model::row::Row;
use crate::model::value::{Leaf, Scalar};
use crate::store::{Direction, Snapshot, Stored};

/// Writes the records of kinds as NDJSON, and gives how many there are.
pub fn write_lines(snapshot: &Snapshot, kinds: &[&'static Kind], out: &mut dyn Write) -> Result<u64, OutletError> {
    each(snapshot, kinds, |record| {
        serde_json::to_writer(&mut *out, &object(record)).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
        Ok(true)
    })
}

/// Writes the records of kinds that have a place as one FeatureCollection (RFC 7946), a line for each, and gives how many
/// there are. A record has the place of its own coordinates; what merely stands in a region has none.
pub fn write_features(snapshot: &Snapshot, kinds: &[&'static Kind], out: &mut dyn Write) -> Result<u64, OutletError> {
    out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
    let mut first = true;
    let features = each(snapshot, kinds, |record| {
        let Some((longitude, latitude)) = place(record.kind, record.row()) else { return Ok(false) };
        let feature = json!({
            "type": "Feature",
            "id": record.id().to_string(),
            "geometry": { "type": "Point", "coordinates": [longitude, latitude] },
            "properties": object(record),
        });
        out.write_all(if first { b"\n" } else { b",\n" })?;
        first = false;
        serde_json::to_writer(&mut *out, &feature).map_err(std::io::Error::from)?;
        Ok(true)
    })?;
    out.write_all(b"\n]}\n")?;
    Ok(features)
}

/// Whether records of a kind can have a place of their own.
pub fn has_places(kind: &Kind) -> bool {
    coordinates(kind).is_some()
}

/// The slots of a kind's longitude and latitude.
fn coordinates(kind: &Kind) -> Option<(usize, usize)> {
    Some((kind.field("longitude")?.0, kind.field("latitude")?.0))
}

fn place(kind: &Kind, row: Row<'_>) -> Option<(f64, f64)> {
    let number = |slot| match Scalar::Float.read(row.slot(slot))? {
        Leaf::Float(number) => Some(number),
        _ => None,
    };
    let (longitude, latitude) = coordinates(kind)?;
    Some((number(longitude)?, number(latitude)?))
}

fn object(record: &Stored<'_>) -> serde_json::Map<String, serde_json::Value> {
    json::write(&Record::unpack_row(record.kind, record.row()))
}

fn each(
    snapshot: &Snapshot,
    kinds: &[&'static Kind],
    mut write: impl FnMut(&Stored<'_>) -> Result<bool, OutletError>,
) -> Result<u64, OutletError> {
    let mut count = 0;
    for kind in kinds {
        for record in snapshot.scan(kind, None, Direction::Forward)? {
            count += u64::from(write(&record?)?);
        }
    }
    Ok(count)
}
