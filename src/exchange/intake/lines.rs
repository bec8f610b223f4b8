//! NDJSON: an object for each record, on a line of its own, with the names of the API.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::cell::Cell;
use super::fault::{Fault, Wrong, shown};
use super::known::{At, Draft};
use super::part::{Lines, text_of};
use super::reading::{Reading, TELL_ROWS};
use crate::config::IMPORT_FAULTS_MAX;
use crate::exchange::Step;
use crate::model::json;
use crate::store::StoreError;

/// A JSON value in which no object has a name twice: of two values the first would be lost.
struct Once(Json);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OnceVisitor).map(Self)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(truth.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some((name, Once(value))) = members.next_entry::<String, _>()? {
            if object.contains_key(&name) {
                return Err(de::Error::custom(format!("{name} stands in it twice")));
            }
            object.insert(name, value);
        }
        Ok(Json::Object(object))
    }
}

/// What is wrong with a line: the parser knows it as its first.
fn of_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at character ")
}

impl Reading<'_> {
    /// Reads a file of lines. What is absent leaves a field as it is, null clears it, any other value takes its place whole.
    pub(super) fn lines(&mut self, lines: &mut Lines, told: &mut dyn FnMut(Step<'_>)) -> Result<(), StoreError> {
        let part = self.begin(&lines.file, lines.mark.take());
        let text = match text_of(&lines.file, &std::mem::take(&mut lines.bytes).0) {
            Ok(text) => text,
            Err(fault) => {
                self.faults.push(*fault);
                return Ok(());
            }
        };
        let mut empty = true;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            empty = false;
            if self.faults.len() >= IMPORT_FAULTS_MAX {
                break;
            }
            if (number as u64).is_multiple_of(TELL_ROWS) {
                told(Step { what: &lines.file, done: number as u64, total: 0 });
            }
            self.line(At { part, row: number as u64 + 1 }, line, lines)?;
        }
        if empty {
            self.faults.push(Fault::of_file(&lines.file, "is empty; expected an object on each line"));
        }
        Ok(())
    }

    fn line(&mut self, at: At, line: &str, lines: &Lines) -> Result<(), StoreError> {
        let object: Map<String, Json> = match serde_json::from_str(line) {
            Ok(Once(Json::Object(object))) => object,
            Ok(_) => {
                let wrong = Wrong::said(format!("expected one JSON object, found {}", shown(line)));
                self.report(at, None, &Cell::Empty, wrong);
                return Ok(());
            }
            Err(error) => {
                let wrong =
                    Wrong::said(format!("expected one JSON object, found {}: {}", shown(line), of_line(&error)));
                self.report(at, None, &Cell::Empty, wrong);
                return Ok(());
            }
        };
        let id = match json::read_id(&object, lines.kind) {
            Ok(id) => self.known.own(id)?,
            Err(problem) => {
                let mut fault = self.fault_at(at, None, &Cell::Empty, Wrong::said(problem));
                fault.column = Some("id".to_owned());
                fault.value = object.get("id").map(|id| shown(&id.to_string()));
                self.faults.push(fault);
                return Ok(());
            }
        };
        let Some(before) = self.before(at, &id)? else { return Ok(()) };
        let mut draft = Draft::new(before, Some(at));
        draft.given = object.keys().filter_map(|name| Some(draft.record.kind.field(name)?.0)).collect();
        let (record, problems) = json::read_some(&object, draft.record.clone());
        draft.record = record;
        for invalid in problems {
            let name = invalid.path.split('.').next().unwrap_or_default();
            // What could not be read of a field is told here, and nothing else of it.
            draft.faulty.extend(draft.record.kind.field(name).map(|(slot, _)| (slot, None)));
            let mut fault = self.fault_at(at, None, &Cell::Empty, Wrong::said(invalid.problem));
            fault.value = object.get(name).map(|value| shown(&value.to_string()));
            fault.column = Some(invalid.path);
            self.faults.push(fault);
        }
        self.known.add(draft);
        Ok(())
    }
}
