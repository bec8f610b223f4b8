//! The oracle: random filters, orders, pages and aggregates over random data, each answer held against a plain full scan.
//!
//! `data` makes records, `world` is the oracle's own view of them, `filter` and `reckon` are what it thinks, `questions`
//! asks. A difference is made as small as it can be and told with its seed; `JIEDUI_ORACLE_SEED` asks another seed.

mod changing;
mod data;
mod filter;
mod questions;
mod reckon;
mod world;

use std::sync::{Arc, LazyLock};

use jiedui::api::Api;
use jiedui::api::request::Request;
use jiedui::config::Limits;
use jiedui::model::kinds::{KINDS, kind_named};
use jiedui::model::record::Record;
use jiedui::query::types;
use jiedui::query::types::{FieldDef, TypeRef};
use jiedui::store::{Author, Change, Store};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use self::data::Random;
use self::questions::{Asker, Variables};
use self::reckon::{Group, Key, is_number};
use self::world::{At, World, other};
use crate::support::{TIME_MS, data, open};

/// A database of random records, and the oracle's view of them.
struct Both {
    _folder: TempDir,
    api: Api,
    world: World,
}

/// A question about one connection.
#[derive(Debug, Clone)]
struct Case {
    /// For what of the writing is random.
    seed: u64,
    /// The record whose connection it is; a root connection has none.
    at: Option<At>,
    field: String,
    of: &'static str,
    filter: Json,
    order: Json,
    page: PageCase,
    groups: Option<GroupCase>,
}

/// Which part of a connection, by places in the whole.
#[derive(Debug, Clone)]
struct PageCase {
    last: bool,
    size: usize,
    after: Option<usize>,
    before: Option<usize>,
}

#[derive(Debug, Clone)]
struct GroupCase {
    by: Json,
    having: Json,
    order: Json,
    /// What is reckoned: a field, dotted into a struct.
    measures: Vec<String>,
}

fn seed() -> u64 {
    std::env::var("JIEDUI_ORACLE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn write(store: &Store, changes: &[Change]) {
    let author = Author { time_ms: TIME_MS, name: "oracle".to_owned(), note: String::new() };
    let (writer, _) = store.writer().unwrap().apply(&author, changes).unwrap_or_else(|error| panic!("{error:#?}"));
    writer.commit().unwrap();
}

/// A database of these records. A nested condition may read more than a stranger's may.
fn loaded(records: &[Record]) -> (TempDir, Arc<Store>, Api) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&folder.path().join("jiedui.redb")));
    write(&store, &records.iter().cloned().map(Change::Put).collect::<Vec<_>>());
    let limits = Limits { reads: usize::MAX, time_ms: 600_000, ..Limits::default() };
    (folder, store.clone(), Api::new(store, Default::default(), limits))
}

fn both() -> &'static Both {
    static BOTH: LazyLock<Both> = LazyLock::new(|| {
        let records = data::records(seed(), 1);
        let (folder, _, api) = loaded(&records);
        Both { _folder: folder, api, world: World::new(&records) }
    });
    &BOTH
}

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
fn nodes(world: &World, case: &Case) -> Vec<At> {
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
    fn ask(
        &self,
        case: &Case,
        page: &str,
        selection: &str,
        groups: Option<&GroupCase>,
    ) -> Result<(Json, String), String> {
        let mut asker = Asker { world: &self.world, random: Random(case.seed) };
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
    fn check(&self, case: &Case) -> Result<(usize, usize), String> {
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
        let edges = format!("edges {{ cursor node {selection} }}");
        let (whole, query) = self.ask(case, "first: 1000", &format!("totalCount {ENDS} {edges}"), groups)?;
        let cursors: Vec<&Json> = whole["edges"].as_array().unwrap().iter().map(|edge| &edge["cursor"]).collect();
        let found = |page: &Json| -> Json {
            page["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
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
                            "bound": sum.bound,
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

/// The measures of the groups of a type.
fn measures(of: &str) -> Vec<String> {
    let fields = types().find(&format!("{of}Group")).unwrap().fields().iter();
    let fields = fields.filter(|field| !matches!(field.name.as_str(), "keys" | "count"));
    let each = fields.flat_map(|field| {
        let ty = types().find(field.ty.name()).unwrap();
        match ty.field("distinct") {
            Some(_) => vec![field.name.clone()],
            None => ty.fields().iter().map(|inner| format!("{}.{}", field.name, inner.name)).collect(),
        }
    });
    each.collect()
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
    fn smaller(&self) -> Vec<Self> {
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

/// What a seed asks, and how it went.
#[derive(Default, Debug)]
struct Told {
    cases: usize,
    /// Where some pass and some do not.
    partial: usize,
    nodes: usize,
}

fn check(seeds: std::ops::Range<u64>, make: impl Fn(&mut Asker<'_>, u64) -> Option<Case>) -> Told {
    let both = both();
    let mut told = Told::default();
    for seed in seeds {
        let mut asker = Asker { world: &both.world, random: Random(seed.wrapping_mul(0x9e37) ^ self::seed() << 40) };
        let Some(mut case) = make(&mut asker, seed) else { continue };
        match both.check(&case) {
            Ok((all, passed)) => {
                told.cases += 1;
                told.partial += usize::from(passed > 0 && passed < all);
                told.nodes += all;
            }
            Err(mut why) => {
                let differs = |case: &Case| {
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| both.check(case).err())).ok().flatten()
                };
                let fails = |why: &String| why.contains("which differ at");
                while let Some((less, still)) = case.smaller().into_iter().find_map(|less| {
                    let why = differs(&less).filter(fails)?;
                    Some((less, why))
                }) {
                    (case, why) = (less, still);
                }
                panic!("seed {seed}: {why}");
            }
        }
    }
    told
}

fn page(random: &mut Random) -> PageCase {
    let mut place = |bound: usize| (!random.one_in(3)).then(|| random.below(bound));
    let (after, before) = (place(40), place(400).filter(|place| place % 3 > 0));
    PageCase { last: random.one_in(2), size: random.below(12), after, before }
}

fn root(asker: &mut Asker<'_>, seed: u64) -> Case {
    // The kinds with the most to ask come more often.
    let often = ["Pairing", "Observation", "County", "Group", "Project"];
    let kind =
        if asker.random.one_in(2) { kind_named(asker.random.pick(&often)).unwrap() } else { asker.random.pick(&KINDS) };
    let page = page(&mut asker.random);
    let (field, of) = (kind.plural.to_owned(), kind.name);
    Case { seed, at: None, field, of, filter: Json::Null, order: Json::Null, page, groups: None }
}

/// A connection of a record, mostly one that leads somewhere.
fn below(asker: &mut Asker<'_>, seed: u64) -> Case {
    let mut choose = || {
        let at = asker.random.below(asker.world.recs.len());
        let fields = types().find(asker.world.recs[at].kind.name).unwrap().fields().iter();
        let is_connection = |field: &&FieldDef| field.ty.name().ends_with("Connection") && field.name != "descendants";
        (at, asker.random.pick(&fields.filter(is_connection).collect::<Vec<_>>()))
    };
    let chosen: Vec<_> = (0..100).map(|_| choose()).collect();
    let relation = |name: &str| name.strip_suffix("Connection").unwrap_or(name).to_owned();
    let (at, field) =
        *chosen.iter().max_by_key(|(at, field)| asker.world.many(*at, &relation(&field.name)).len()).unwrap();
    let of = types().find(field.ty.name()).unwrap().field("nodes").unwrap().ty.name();
    let page = page(&mut asker.random);
    let (filter, order) = (Json::Null, Json::Null);
    Case { seed, at: Some(at), field: field.name.clone(), of, filter, order, page, groups: None }
}

fn grouped(asker: &mut Asker<'_>, case: &Case) -> Option<GroupCase> {
    let by = asker.group_by(case.of);
    let all = measures(case.of);
    let mut chosen: Vec<String> = (0..asker.random.below(4)).map(|_| asker.random.pick(&all)).collect();
    chosen.extend(all.into_iter().find(|name| is_number(case.of, name) && asker.random.one_in(2)));
    chosen.sort();
    chosen.dedup();
    let both = both();
    let members: Vec<At> =
        nodes(&both.world, case).into_iter().filter(|at| both.world.passes(*at, &case.filter)).collect();
    let groups = both.world.groups(case.of, &members, &by, &Json::Null, &Json::Null);
    if groups.len() > 3000 {
        return None;
    }
    let having = if groups.is_empty() || asker.random.one_in(2) {
        Json::Null
    } else {
        let (_, members) = asker.random.pick(&groups);
        asker.having(case.of, &members)
    };
    Some(GroupCase { by, having, order: asker.group_order(case.of), measures: chosen })
}

#[test]
fn random_filters_and_orders_over_kinds_are_those_of_a_full_scan() {
    let told = check(0..2000, |asker, seed| {
        let case = root(asker, seed);
        Some(Case { filter: asker.filter(case.of, 3, None), order: asker.order(case.of), ..case })
    });
    eprintln!("{told:?}");
    assert!(told.partial * 2 > told.cases, "{told:?}");
}

#[test]
fn random_filters_and_orders_below_a_record_are_those_of_a_full_scan() {
    let told = check(0..2000, |asker, seed| {
        let case = below(asker, seed);
        let filter = if asker.random.one_in(4) { Json::Null } else { asker.filter(case.of, 2, None) };
        Some(Case { filter, order: asker.order(case.of), ..case })
    });
    eprintln!("{told:?}");
    assert!(told.nodes > told.cases * 5, "{told:?}");
}

#[test]
fn random_groups_are_those_of_a_full_scan() {
    let told = check(0..1500, |asker, seed| {
        let case = if asker.random.one_in(4) { below(asker, seed) } else { root(asker, seed) };
        let filter = if asker.random.one_in(2) { Json::Null } else { asker.filter(case.of, 2, None) };
        let case = Case { filter, ..case };
        let groups = Some(grouped(asker, &case)?);
        Some(Case { groups, ..case })
    });
    eprintln!("{told:?}");
}
