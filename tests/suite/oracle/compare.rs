//! Asks the API about a case, and holds the answer against what the oracle thinks.

use jiedui::api::request::Request;
use jiedui::query::types;
use jiedui::query::types::TypeRef;
use serde_json::{Value as Json, json};

use super::questions::{Asker, Variables};
use super::reckon::{Group, Key};
use super::world::{At, World, other};
use super::{Both, Case, GroupCase, PageCase};
use crate::support::data;

/// The part of a whole that a page is, and whether there is something before and behind it.
fn part(total: usize, page: &PageCase) -> (std::ops::Range<usize>, bool, bool) {
    let begin = page.after.map_or(0, |after| after + 1);
    let end = page.before.unwrap_or(total);
    let range = match page.last {
        false => begin..(begin + page.size).min(end.max(begin)),
        true => end.saturating_sub(page.size).max(begin.min(end))..end,
    };
    let (before, behind) = (range.start > 0, range.end < total);
    (range, before, behind)
}

/// The nodes of a connection without arguments, in the order of its positions.
pub fn nodes(world: &World, case: &Case) -> Vec<At> {
    let Some(at) = case.at else { return world.of(case.of) };
    match case.field.as_str() {
        "pairings" if world.recs[at].kind.implements("Party") => {
            let mut sides: Vec<_> =
                world.sides(at).iter().map(|(pairing, side)| (*pairing, *side == "helped")).collect();
            sides.sort_unstable();
            sides.into_iter().map(|(pairing, _)| pairing).collect()
        }
        "partners" => {
            let across = world.sides(at).iter().flat_map(|(pairing, side)| {
                world.many(*pairing, other(side)).into_iter().map(move |partner| (partner, *pairing, *side == "helped"))
            });
            let mut across: Vec<_> = across.filter(|(partner, ..)| *partner != at).collect();
            across.sort_unstable();
            across.into_iter().map(|(partner, ..)| partner).collect()
        }
        field => {
            let mut nodes = world.many(at, field.strip_suffix("Connection").unwrap_or(field));
            nodes.sort_unstable();
            nodes
        }
    }
}

impl Both {
    /// Asks for the part of the connection's answer that a selection names.
    pub fn ask(
        &self,
        case: &Case,
        page: &str,
        selection: &str,
        groups: Option<&GroupCase>,
    ) -> Result<(Json, String), String> {
        let mut asker = Asker::new(&self.world, case.seed);
        let mut variables = Variables::default();
        let list = |name: &str| TypeRef::required(&format!("{}{name}", case.of)).list().or_null(true);
        let mut write = |name: &str, value: &Json, ty: &TypeRef| match value {
            Json::Null => String::new(),
            value => format!("{name}: {} ", asker.written(value, ty, &mut variables)),
        };
        let mut arguments = write("filter", &case.filter, &TypeRef::nullable(&format!("{}Filter", case.of)));
        arguments += &write("orderBy", &case.order, &list("Order"));
        let selection = match groups {
            None => {
                arguments += page;
                selection.to_owned()
            }
            Some(groups) => {
                arguments += "first: 0";
                let mut inner = write("groupBy", &groups.by, &list("GroupBy"));
                inner += &write("having", &groups.having, &TypeRef::nullable(&format!("{}Having", case.of)));
                inner += &write("orderBy", &groups.order, &list("GroupOrder"));
                inner += page;
                let inner = if inner.is_empty() { inner } else { format!("({inner})") };
                format!("page: aggregate{inner} {{ {selection} }}")
            }
        };
        let arguments = if arguments.is_empty() { arguments } else { format!("({arguments})") };
        let connection = format!("page: {}{arguments} {{ {selection} }}", case.field);
        let asked = match case.at {
            None => format!("{{ {connection} }}"),
            Some(at) => {
                let rec = &self.world.recs[at];
                format!("{{ page: node(id: \"{}\") {{ ... on {} {{ {connection} }} }} }}", rec.id, rec.kind.name)
            }
        };
        let query = format!("{} {asked}", variables.head());
        let request = Request { variables: variables.values, ..Request::new(&query) };
        let told = format!("{query}\nvariables: {}", Json::Object(request.variables.clone()));
        let answer = self.api.answer_now(&request);
        if let Some(error) = answer.errors.first() {
            return Err(format!("{told}\nis refused: {error:?}"));
        }
        let mut found = data(&answer);
        while let Some(inner) = found.get_mut("page") {
            found = inner.take();
        }
        Ok((found, told))
    }

    /// Compares all that is asked about a case; gives how many nodes there are, and how many of them pass.
    pub fn check(&self, case: &Case) -> Result<(usize, usize), String> {
        let world = &self.world;
        let all = nodes(world, case);
        let mut chosen: Vec<At> = all.iter().copied().filter(|at| world.passes(*at, &case.filter)).collect();
        let unsorted = chosen.clone();
        world.order(&mut chosen, |at| *at, &case.order);
        let node = |at: &At| json!({ "id": world.recs[*at].id });
        self.pages(case, "{ id }", &chosen, node, None)?;
        let (count, told) = self.ask(case, "", "totalCount", None)?;
        same(&count["totalCount"], &json!(chosen.len()), &told)?;
        if let Some(groups) = &case.groups {
            let found = world.groups(case.of, &unsorted, &groups.by, &groups.having, &groups.order);
            let selection =
                format!("{{ keys {{ value node {{ id }} }} count {} }}", selected(case.of, &groups.measures));
            self.pages(case, &selection, &found, |group| self.told(case.of, group, &groups.measures), Some(groups))?;
        }
        Ok((all.len(), chosen.len()))
    }

    /// Compares the whole and one page of a connection of records or groups.
    fn pages<T>(
        &self,
        case: &Case,
        selection: &str,
        all: &[T],
        told: impl Fn(&T) -> Json,
        groups: Option<&GroupCase>,
    ) -> Result<(), String> {
        const ENDS: &str = "pageInfo { hasPreviousPage hasNextPage startCursor endCursor }";
        // A group has its cursor itself; a record has it on its edge.
        let edges = match &groups {
            Some(_) => format!("edges: nodes {{ cursor {}", selection.trim_start_matches('{')),
            None => format!("edges {{ cursor node {selection} }}"),
        };
        let (whole, query) = self.ask(case, "first: 1000", &format!("totalCount {ENDS} {edges}"), groups)?;
        let cursors: Vec<&Json> = whole["edges"].as_array().unwrap().iter().map(|edge| &edge["cursor"]).collect();
        let found = |page: &Json| -> Json {
            let node = |edge: &Json| match groups {
                None => edge["node"].clone(),
                Some(_) => {
                    let mut group = edge.clone();
                    group.as_object_mut().unwrap().remove("cursor");
                    group
                }
            };
            page["edges"].as_array().unwrap().iter().map(node).collect()
        };
        let expected: Json = all.iter().take(1000).map(&told).collect();
        same(&found(&whole), &expected, &query)?;
        same(&whole["totalCount"], &json!(all.len()), &query)?;
        // Where a page begins and ends, in places of the whole.
        let place = |place: Option<usize>| place.filter(|_| !all.is_empty()).map(|place| place % all.len().min(1000));
        let mut page = PageCase { after: place(case.page.after), before: place(case.page.before), ..case.page.clone() };
        if groups.is_some() && page.before <= page.after {
            page.before = None;
        }
        let (range, before, behind) = part(all.len(), &page);
        let cursor = |name: &str, place: Option<usize>| place.map(|place| format!("{name}: {} ", cursors[place]));
        let arguments = [
            Some(format!("{}: {} ", if page.last { "last" } else { "first" }, page.size)),
            cursor("after", page.after),
            cursor("before", page.before),
        ];
        let arguments: String = arguments.into_iter().flatten().collect();
        let (part, query) = self.ask(case, &arguments, &format!("{ENDS} {edges}"), groups)?;
        let query = format!("{query}\n{page:?} of {}", all.len());
        let expected: Json = all.get(range.clone()).unwrap_or_default().iter().map(&told).collect();
        same(&found(&part), &expected, &query)?;
        let end = |place: Option<usize>| {
            place.map_or(Json::Null, |place| cursors.get(place).map_or(Json::Null, |it| (*it).clone()))
        };
        let ends = json!({
            "hasPreviousPage": before,
            "hasNextPage": behind,
            "startCursor": end(range.clone().next()),
            "endCursor": end(range.clone().next_back()),
        });
        if range.end <= 1000 {
            same(&part["pageInfo"], &ends, &query)?;
        }
        Ok(())
    }

    /// A group as the API tells it.
    fn told(&self, of: &str, (keys, members): &Group, measures: &[String]) -> Json {
        let world = &self.world;
        let key = |key: &Key| match key {
            Key::Nothing => json!({ "value": null, "node": null }),
            Key::Value(value) => json!({ "value": value.text(), "node": null }),
            Key::Record(at) => json!({ "value": world.recs[*at].id, "node": { "id": world.recs[*at].id } }),
        };
        let mut told = json!({ "keys": keys.iter().map(key).collect::<Json>(), "count": members.len() });
        for name in measures {
            let reckon = |reckoning: &str| world.reckon(of, members, name, reckoning);
            let text = |reckoning: &str| reckon(reckoning).map(|value| value.text());
            let mut measure = json!({ "distinct": world.distinct(members, name) });
            for reckoning in reckonings(&measure_type(of, name)) {
                match reckoning {
                    "distinct" => {}
                    "sum" => {
                        let sum = world.sum(members, name);
                        measure["sum"] = json!({
                            "value": sum.value.map(|value| value.text()),
                            "bound": sum.value.as_ref().map(|_| sum.bound),
                            "unit": sum.unit,
                            "counted": sum.counted,
                            "unknown": sum.unknown,
                            "refused": sum.refused,
                        });
                    }
                    reckoning => measure[reckoning] = json!(text(reckoning)),
                }
            }
            match name.split_once('.') {
                None => told[name] = measure,
                Some((field, inner)) => told[field][inner] = measure,
            }
        }
        told
    }
}

/// The type of what is reckoned of a measure.
fn measure_type(of: &str, name: &str) -> String {
    let steps = name.split('.');
    steps.fold(format!("{of}Group"), |ty, step| types().find(&ty).unwrap().field(step).unwrap().ty.name().to_owned())
}

fn reckonings(ty: &str) -> impl Iterator<Item = &'static str> + use<> {
    types().find(ty).unwrap().fields().iter().map(|field| field.name.as_str())
}

fn selected(of: &str, measures: &[String]) -> String {
    let each = measures.iter().map(|name| {
        let reckoned = reckonings(&measure_type(of, name)).map(|reckoning| match reckoning {
            "sum" => "sum { value bound unit counted unknown refused }",
            reckoning => reckoning,
        });
        let reckoned = reckoned.collect::<Vec<_>>().join(" ");
        let name = name.replace('.', " { ");
        format!("{name} {{ {reckoned} }}{}", if name.contains('{') { " }" } else { "" })
    });
    each.collect::<Vec<_>>().join(" ")
}

/// Says where two differ. Why a sum is refused is for people: that it is counts.
fn same(found: &Json, expected: &Json, query: &str) -> Result<(), String> {
    let plain = |value: &Json| {
        let mut value = value.clone();
        plain_refusals(&mut value);
        value
    };
    if found == expected || plain(found) == plain(expected) {
        return Ok(());
    }
    let at = |value: &Json| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let (left, right) = (at(found), at(expected));
    let place = left
        .iter()
        .zip(&right)
        .position(|(left, right)| plain(left) != plain(right))
        .unwrap_or(left.len().min(right.len()));
    let show = |list: &[Json]| list.get(place).map_or("nothing".to_owned(), Json::to_string);
    let (lengths, found, expected) = ((left.len(), right.len()), show(&left), show(&right));
    Err(format!(
        "{query}\nfound and expected {lengths:?}, which differ at {place}:\n  found    {found}\n  expected {expected}"
    ))
}

fn plain_refusals(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(plain_refusals),
        Json::Object(fields) => {
            for (name, inner) in fields {
                match name.as_str() {
                    "refused" => *inner = json!(!inner.is_null()),
                    _ => plain_refusals(inner),
                }
            }
        }
        _ => {}
    }
}
