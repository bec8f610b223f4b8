//! The root fields and types of questions about the network.

use jiff::civil::Date;
use serde_json::Value;

use super::coverage::{Counting, coverage, withdrawal};
use super::ties::{Along, Step};
use super::walk::{Shortest, shortest, walk};
use crate::config::{WALK_DEPTH_MAX, WALK_NODES_MAX};
use crate::model::catalog::{NODE, PARTY, REGION};
use crate::model::closed::{LEVEL, TIE};
use crate::model::decimal::Decimal;
use crate::model::id::Id;
use crate::model::kinds::{LEVELS, PROGRAMME};
use crate::model::value::Leaf;
use crate::query::arguments::Arguments;
use crate::query::build::{argument, connection_field, connection_types, object, plain};
use crate::query::connection::Extra;
use crate::query::error::FieldError;
use crate::query::object::{Nodes, Object, Plain, PlainValue, Resolved, Resolver};
use crate::query::root::RootFn;
use crate::query::scope::Scope;
use crate::query::types::{FieldDef, InputDef, Type, TypeRef};
use crate::store::Stored;

/// The root fields.
pub fn root_fields() -> Vec<FieldDef> {
    let id = |name: &str, doc: &str| argument(name, doc, TypeRef::required("ID"));
    let depth = |default: i64| InputDef {
        default: Some(default.into()),
        ..argument("depth", &format!("How many steps at most, 1 to {WALK_DEPTH_MAX}."), TypeRef::required("Int"))
    };
    let along = || InputDef {
        default: Some(Value::Array(vec!["PAIRING".into()])),
        ..argument("along", "What ties two records together.", TypeRef::required(TIE.name).list())
    };
    let as_of = |doc: &str| argument("asOf", doc, TypeRef::nullable("Date"));
    let walk_on = "Only along pairings in force on this day, certain or presumed; all pairings where it is not given.";
    let count_on = "The day on which pairings are in force; today (UTC) where it is not given.";
    let certain = || InputDef {
        default: Some(false.into()),
        ..argument("certain", "Only pairings that a source shows on that day.", TypeRef::required("Boolean"))
    };
    let root = |name: &str, doc: &str, of: &str, arguments, function: RootFn| FieldDef {
        arguments,
        ..plain(name, doc, TypeRef::nullable(of), Resolver::Root(function))
    };
    vec![
        root(
            "path",
            "The shortest path between two records; of several, the first in the order of ids.",
            "Path",
            vec![id("from", "Where it begins."), id("to", "Where it ends."), along(), as_of(walk_on), depth(6)],
            path,
        ),
        root(
            "neighborhood",
            "What stands around a record, nearest first.",
            "Neighborhood",
            vec![id("of", "Around which record."), depth(1), along(), as_of(walk_on)],
            neighborhood,
        ),
        root(
            "coverage",
            "How much of a level below a region is helped.",
            "Coverage",
            vec![
                id("within", "The region: its id, or any code of it."),
                argument("level", "The level.", TypeRef::required(LEVEL.name)),
                argument(
                    "programme",
                    "Only by pairings of this programme, of its rounds and parts.",
                    TypeRef::nullable("ID"),
                ),
                as_of(count_on),
                certain(),
            ],
            cover,
        ),
        root(
            "withdrawal",
            "Who is left without help, or without any pairing, if a party withdraws from all of its pairings in force.",
            "Withdrawal",
            vec![id("of", "The party."), as_of(count_on), certain()],
            withdraw,
        ),
    ]
}

/// The types.
pub fn types() -> Vec<Type> {
    let value = |name: &'static str, doc: &str, ty: TypeRef| plain(name, doc, ty, Resolver::Plain(name));
    let int = || TypeRef::required("Int");
    let cut = || {
        let doc = format!(
            "Why no more was looked at, such as the bound of {WALK_NODES_MAX} records; null where all was looked at."
        );
        value("cut", &doc, TypeRef::nullable("String"))
    };
    let list = |name: &'static str, doc: &str, connection: &str, of: &'static str| {
        connection_field(name, doc, connection, of, Vec::new(), Resolver::PlainNodes(name, of))
    };
    let mut types = vec![
        object(
            "Path",
            "The shortest path between two records.",
            vec![
                value(
                    "length",
                    "How many steps it has; null where there is none within the bounds.",
                    TypeRef::nullable("Int"),
                ),
                value(
                    "nodes",
                    "The records on it, from the first to the last; none where there is no path.",
                    TypeRef::required(NODE).list(),
                ),
                value("steps", "Its steps.", TypeRef::required("PathStep").list()),
                value("visited", "How many records were looked at.", int()),
                cut(),
            ],
        ),
        object(
            "PathStep",
            "One step of a path.",
            vec![
                value("from", "Where it begins.", TypeRef::required(NODE)),
                value("to", "Where it leads.", TypeRef::required(NODE)),
                value("tie", "What ties the two.", TypeRef::required(TIE.name)),
                value(
                    "via",
                    "The pairing, agreement or link between the two, which says more; null where nothing stands between.",
                    TypeRef::nullable(NODE),
                ),
            ],
        ),
        object(
            "Neighborhood",
            "What stands around a record.",
            vec![
                value("size", "How many records, without the one in the middle.", int()),
                list("members", "They, nearest first.", "Neighbor", NODE),
                cut(),
            ],
        ),
        object(
            "Coverage",
            "How much of a level below a region is helped.",
            vec![
                value("total", "How many regions of the level there are.", int()),
                value(
                    "paired",
                    "How many of them are helped by a pairing in force, themselves or as a listed member of a set. In a cooperation nobody is helped.",
                    int(),
                ),
                value(
                    "share",
                    "`paired` as a share of `total`, in percent to six places; null where there is none.",
                    TypeRef::nullable("Decimal"),
                ),
                list("pairedRegions", "Those that are helped.", REGION, REGION),
                list("unpaired", "Those that are not, as far as sources list who is.", REGION, REGION),
                list(
                    "unlistedGroups",
                    "Sets of regions of the level that are helped and whose members the sources do not list in full: as long as there are any, `paired` may be too small.",
                    "Group",
                    "Group",
                ),
            ],
        ),
        object(
            "Withdrawal",
            "What comes of a party's withdrawal.",
            vec![
                value("helped", "How many parties it helps. In a cooperation nobody is helped.", int()),
                value(
                    "leftAlone",
                    "How many of them no other pairing in force helps, themselves or as a listed member of a set.",
                    int(),
                ),
                list("left", "Those.", PARTY, PARTY),
                list("partners", "Those that it cooperates with: they lose a partner, and no help.", PARTY, PARTY),
                list(
                    "unpaired",
                    "Those of its helpers, helped and partners that have no other pairing in force at all, nor a set that lists them.",
                    PARTY,
                    PARTY,
                ),
            ],
        ),
    ];
    let edge = vec![
        plain("distance", "How many steps away it is.", TypeRef::nullable("Int"), Resolver::Extra(0)),
        plain("tie", "What ties it to the record before it.", TypeRef::nullable(TIE.name), Resolver::Extra(1)),
        plain("via", "What stands between the two.", TypeRef::nullable(NODE), Resolver::Extra(2)),
    ];
    types.extend(connection_types("Neighbor", NODE, edge));
    types
}

fn named<'a>(scope: &'a Scope, arguments: &Arguments, name: &str) -> Result<Stored<'a>, FieldError> {
    let text = arguments.text(name).unwrap_or_default();
    scope.named(name, text)?.ok_or_else(|| FieldError::input(format!("{name}: there is no record {text}")))
}

/// Notes the records that a walk's answer rests on: where each step leads, and what stands between.
fn rest_on<'s>(scope: &Scope, steps: impl Iterator<Item = &'s Step>) {
    if scope.trace.tells_rests() {
        for step in steps {
            scope.trace.rest_on(step.to.as_ref());
            step.via.iter().for_each(|via| scope.trace.rest_on(via.as_ref()));
        }
    }
}

/// The names that an argument lists.
fn named_in(arguments: &Arguments, name: &str) -> String {
    let names = arguments.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn along(arguments: &Arguments) -> Result<Along, FieldError> {
    let names = arguments.get("along").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> = names.iter().filter_map(|name| name.as_str().map(ToOwned::to_owned)).collect();
    Ok(Along::new(&names, arguments.day("asOf")?))
}

fn depth(arguments: &Arguments) -> Result<usize, FieldError> {
    let depth = arguments.int("depth").unwrap_or(1);
    match usize::try_from(depth) {
        Ok(depth) if (1..=WALK_DEPTH_MAX).contains(&depth) => Ok(depth),
        _ => Err(FieldError::input(format!("depth: expected 1 to {WALK_DEPTH_MAX}, found {depth}"))),
    }
}

fn int(number: usize) -> PlainValue {
    PlainValue::Leaf(Some(Leaf::Int(i32::try_from(number).unwrap_or(i32::MAX))))
}

fn cut(cut: Option<String>) -> PlainValue {
    PlainValue::Leaf(cut.map(Leaf::Owned))
}

fn path<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let (from, to) = (named(scope, arguments, "from")?.id().to_owned(), named(scope, arguments, "to")?.id().to_owned());
    let Shortest { steps, visited, cut: why } = shortest(scope, &from, &to, &along(arguments)?, depth(arguments)?)?;
    let step = |before: &Id, Step { to, tie, via }: &Step| {
        PlainValue::Object(vec![
            ("from", PlainValue::Record(Some(before.clone()))),
            ("to", PlainValue::Record(Some(to.clone()))),
            ("tie", PlainValue::Leaf(Some(Leaf::Name(tie)))),
            ("via", PlainValue::Record(via.clone())),
        ])
    };
    let taken = steps.as_deref().unwrap_or_default();
    scope.trace.rest_on(from.as_ref());
    rest_on(scope, taken.iter());
    scope.trace.came_by(|| format!("edges along {} from both ends", named_in(arguments, "along")), taken.len());
    let ends: Vec<&Id> = std::iter::once(&from).chain(taken.iter().map(|step| &step.to)).collect();
    let on_it = if steps.is_some() { ends.as_slice() } else { &[] };
    let fields: Plain = vec![
        ("length", steps.as_ref().map_or(PlainValue::Leaf(None), |steps| int(steps.len()))),
        ("nodes", PlainValue::List(on_it.iter().map(|id| PlainValue::Record(Some((*id).clone()))).collect())),
        ("steps", PlainValue::List(ends.iter().zip(taken).map(|(before, taken)| step(before, taken)).collect())),
        ("visited", int(visited)),
        ("cut", cut(why)),
    ];
    Ok(Resolved::Object(Object::Plain(fields)))
}

fn neighborhood<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let of = named(scope, arguments, "of")?.id().to_owned();
    let walked = walk(scope, &of, &along(arguments)?, depth(arguments)?)?;
    scope.trace.rest_on(of.as_ref());
    rest_on(scope, walked.met.iter().filter_map(|met| Some(&met.by.as_ref()?.1)));
    scope.trace.came_by(|| format!("edges along {}", named_in(arguments, "along")), walked.met.len() - 1);
    let members = walked.met.iter().filter_map(|met| {
        let (_, step) = met.by.as_ref()?;
        let extras = vec![
            Extra::Int(i32::try_from(met.distance).unwrap_or(i32::MAX)),
            Extra::Name(Some(step.tie)),
            step.via.clone().map_or(Extra::Name(None), Extra::Node),
        ];
        let place = [(met.distance as u32).to_be_bytes().to_vec(), met.id.as_ref().to_bytes()].concat();
        Some((place, met.id.clone(), extras))
    });
    let members: Vec<_> = members.collect();
    let fields: Plain = vec![
        ("size", int(members.len())),
        ("members", PlainValue::Nodes(Nodes { question: arguments.to_json(), records: members, found_by: None })),
        ("cut", cut(walked.cut)),
    ];
    Ok(Resolved::Object(Object::Plain(fields)))
}

fn nodes(arguments: &Arguments, ids: Vec<Id>) -> PlainValue {
    let records = ids.into_iter().map(|id| (id.as_ref().to_bytes(), id, Vec::new())).collect();
    PlainValue::Nodes(Nodes { question: arguments.to_json(), records, found_by: None })
}

fn counting(scope: &Scope, arguments: &Arguments) -> Result<Counting, FieldError> {
    let programme = match arguments.text("programme") {
        None => None,
        Some(_) => Some(named(scope, arguments, "programme")?).map(|programme| match programme.kind == &PROGRAMME {
            true => Ok(programme.id().to_owned()),
            false => Err(FieldError::input(format!("programme: {} is none", programme.id()))),
        }),
    };
    let as_of: Date = arguments.day("asOf")?.unwrap_or(scope.today);
    Ok(Counting { programme: programme.transpose()?, as_of, certain: arguments.truth("certain") })
}

fn cover<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let within = named(scope, arguments, "within")?;
    if !within.kind.implements(REGION) {
        return Err(FieldError::input(format!("within: {} is no region", within.id())));
    }
    let named = arguments.text("level").and_then(|level| LEVEL.code(level));
    let level = named.and_then(|code| LEVELS.get(usize::from(code) - 1));
    let Some(level) = level else { return Err(FieldError::internal("a level is one of five")) };
    if within.kind.tag >= level.tag {
        return Err(FieldError::input(format!("level: there is none of it below {}", within.id())));
    }
    let found = coverage(scope, &within, level, &counting(scope, arguments)?)?;
    scope
        .trace
        .came_by(|| format!("edges down from {}, edges of pairings, scan of groups", within.id()), found.paired.len());
    let (paired, total) = (found.paired.len(), found.paired.len() + found.unpaired.len());
    let share = Decimal::parse(&(paired * 100).to_string()).ok().and_then(|paired| paired.divided_by(total as u64));
    let fields: Plain = vec![
        ("total", int(total)),
        ("paired", int(paired)),
        ("share", PlainValue::Leaf(share.map(|share| Leaf::Owned(share.to_string())))),
        ("pairedRegions", nodes(arguments, found.paired)),
        ("unpaired", nodes(arguments, found.unpaired)),
        ("unlistedGroups", nodes(arguments, found.unlisted)),
    ];
    Ok(Resolved::Object(Object::Plain(fields)))
}

fn withdraw<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let party = named(scope, arguments, "of")?;
    if !party.kind.implements(PARTY) {
        return Err(FieldError::input(format!("of: {} can neither help nor be helped", party.id())));
    }
    let found = withdrawal(scope, &party, &counting(scope, arguments)?)?;
    scope.trace.came_by(|| "edges of pairings and sets".to_owned(), found.helped.len());
    let fields: Plain = vec![
        ("helped", int(found.helped.len())),
        ("leftAlone", int(found.left.len())),
        ("left", nodes(arguments, found.left)),
        ("partners", nodes(arguments, found.partners)),
        ("unpaired", nodes(arguments, found.unpaired)),
    ];
    Ok(Resolved::Object(Object::Plain(fields)))
}
