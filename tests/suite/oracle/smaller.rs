//! What is a little less than a case: so a difference is made as small as it can be.

use serde_json::Value as Json;

use super::{Case, GroupCase};

/// Everything that a value can become by leaving one thing out.
fn smaller(value: &Json) -> Vec<Json> {
    let mut all = Vec::new();
    match value {
        Json::Object(object) => {
            for (name, inner) in object {
                let mut without = object.clone();
                without.remove(name);
                all.push(Json::Object(without));
                for inner in smaller(inner) {
                    let mut with = object.clone();
                    with.insert(name.clone(), inner);
                    all.push(Json::Object(with));
                }
            }
        }
        Json::Array(items) => {
            for place in 0..items.len() {
                let mut without = items.clone();
                without.remove(place);
                all.push(Json::Array(without));
                for inner in smaller(&items[place]) {
                    let mut with = items.clone();
                    with[place] = inner;
                    all.push(Json::Array(with));
                }
            }
        }
        _ => {}
    }
    all
}

impl Case {
    /// Everything that is a little less than the case.
    pub fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if self.groups.is_some() {
            all.push(Self { groups: None, ..self.clone() });
        }
        all.extend(smaller(&self.order).into_iter().map(|order| Self { order, ..self.clone() }));
        all.extend(smaller(&self.filter).into_iter().map(|filter| Self { filter, ..self.clone() }));
        if let Some(groups) = &self.groups {
            let mut add = |groups| all.push(Self { groups: Some(groups), ..self.clone() });
            smaller(&groups.by).into_iter().for_each(|by| add(GroupCase { by, ..groups.clone() }));
            smaller(&groups.having).into_iter().for_each(|having| add(GroupCase { having, ..groups.clone() }));
            smaller(&groups.order).into_iter().for_each(|order| add(GroupCase { order, ..groups.clone() }));
            for place in 0..groups.measures.len() {
                let mut fewer = groups.clone();
                fewer.measures.remove(place);
                add(fewer);
            }
        }
        all
    }
}
