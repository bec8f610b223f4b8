//! The root fields and types of `search` and `resolve`.

use serde_json::Value;

use super::resolve::{Meant, Resolving, levels};
use super::search;
use crate::config::{RESOLVE_NAMES_MAX, SEARCH_HITS_MAX, SEARCH_LOOKS_MAX};
use crate::model::catalog::{Kind, NODE, REGION};
use crate::model::closed::{KIND, LEVEL, MATCH_KIND, MATCH_PLACE};
use crate::model::kinds::KINDS;
use crate::model::value::Leaf;
use crate::query::arguments::Arguments;
use crate::query::build::{argument, connection_field, connection_types, object, plain};
use crate::query::error::FieldError;
use crate::query::object::{Nodes, Object, Plain, PlainValue, Resolved, Resolver};
use crate::query::scope::Scope;
use crate::query::types::{FieldDef, Type, TypeRef};
use crate::store::Stored;
use crate::text::query::Query;

/// The root fields.
pub fn root_fields() -> Vec<FieldDef> {
    let within = || {
        argument(
            "within",
            "Only what stands in this region, which is given by its id or by any code of it.",
            TypeRef::nullable("ID"),
        )
    };
    vec![
        FieldDef {
            arguments: vec![
                argument(
                    "text",
                    "What is looked for: a part of a name from one character on, traditional or simplified; pinyin in full, by initials or mixed, with or without tones; an English name.",
                    TypeRef::required("String"),
                ),
                argument(
                    "kinds",
                    "Only records of these kinds; all where it is not given. An empty list is refused.",
                    TypeRef::required(KIND.name).list().or_null(true),
                ),
                within(),
            ],
            ..plain(
                "search",
                "Records by their names and titles, former names and aliases among them; the best match first: the whole name, then it without what the region is, then its beginning, then inside, where what is typed in full stands before what is typed in part at the same place and, of beginnings, at the one before it; of those what is typed as it stands before what sounds so, then the higher level, then the shorter name. What begins with the text is found whatever is cut.",
                TypeRef::nullable("Search"),
                Resolver::Root(searched),
            )
        },
        FieldDef {
            arguments: vec![
                argument(
                    "names",
                    &format!("The names, at most {RESOLVE_NAMES_MAX}."),
                    TypeRef::required("String").list(),
                ),
                argument("level", "Only regions of this level.", TypeRef::nullable(LEVEL.name)),
                within(),
            ],
            ..plain(
                "resolve",
                "Names as others wrote them, led back to regions, in their order: 市 or 县 may be missing, the name may be an old one, parents may stand in front, as in 云南昭通彝良, or behind, as in 彝良县（云南） and 彝良县，云南, and the name may be in pinyin.",
                TypeRef::required("Resolution").list().or_null(true),
                Resolver::Root(resolved),
            )
        },
    ]
}

/// What `confidence` is.
const CONFIDENCE: &str = "How sure that is, from 0 to 1, and with the runners-up 1 at most; 0 where no name is like it. It is how well the name fits: 1 for the whole name of a region, 0.99 where others are like it, less for an alias, a former name, a name without what the region is, or with another, one in pinyin that is not written down, one below another province (`doubt`). Those that fit worse share what is left of 1 in the same way. Regions that fit alike share what they fit by, and one is four times as likely as one of the level below it. So 1 means that no other region has this name or one like it.";

/// The types.
pub fn types() -> Vec<Type> {
    let value = |name: &'static str, doc: &str, ty: TypeRef| plain(name, doc, ty, Resolver::Plain(name));
    let extra =
        |place, name: &str, doc: &str, ty: &str| plain(name, doc, TypeRef::required(ty), Resolver::Extra(place));
    let mut types = vec![
        object(
            "Search",
            "What a search found.",
            vec![
                value(
                    "size",
                    &format!(
                        "How many hits there are: of the records that were looked at, those that match, the best {SEARCH_HITS_MAX} at most."
                    ),
                    TypeRef::required("Int"),
                ),
                value(
                    "cut",
                    &format!(
                        "Why no more was looked at, such as the bound of {SEARCH_LOOKS_MAX} records; null where all was looked at. What begins with the text is found first, of all kinds."
                    ),
                    TypeRef::nullable("String"),
                ),
                connection_field(
                    "hits",
                    "They, the best first.",
                    "SearchHit",
                    NODE,
                    Vec::new(),
                    Resolver::PlainNodes("hits", NODE),
                ),
            ],
        ),
        object(
            "Resolution",
            "What a name may mean.",
            vec![
                value("name", "The name as it was given.", TypeRef::required("String")),
                value("region", "The likeliest region; null where no name is like it.", TypeRef::nullable(REGION)),
                value("confidence", CONFIDENCE, TypeRef::required("Float")),
                value(
                    "field",
                    "The field of the region that holds the name: `name`, `aliases`, `formerNames` …",
                    TypeRef::nullable("String"),
                ),
                value(
                    "doubt",
                    "What speaks against the likeliest region, such as another province in front; null where nothing does.",
                    TypeRef::nullable("String"),
                ),
                value(
                    "runnersUp",
                    "Others that it may mean, the likeliest first, at most five.",
                    TypeRef::required("RunnerUp").list(),
                ),
                value(
                    "cut",
                    "Why others that it may mean may not have been looked at; null where all were.",
                    TypeRef::nullable("String"),
                ),
            ],
        ),
        object(
            "RunnerUp",
            "Another region that a name may mean.",
            vec![
                value("region", "The region.", TypeRef::required(REGION)),
                value(
                    "confidence",
                    "How sure that is, from 0 to 1, as in `Resolution`; what one name may mean adds up to 1 at most.",
                    TypeRef::required("Float"),
                ),
            ],
        ),
    ];
    let edge = vec![
        extra(0, "place", "Where in the name it matched.", MATCH_PLACE.name),
        extra(1, "kind", "How it matched.", MATCH_KIND.name),
        extra(
            2,
            "field",
            "The field that holds the name: `name`, `nameEn`, `aliases`, `formerNames`, `title` …",
            "String",
        ),
        extra(3, "before", "What of the name stands before the match.", "String"),
        extra(4, "matched", "What of the name matched.", "String"),
        extra(5, "after", "What of the name stands behind the match.", "String"),
    ];
    types.extend(connection_types("SearchHit", NODE, edge));
    types
}

fn within<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Option<Stored<'a>>, FieldError> {
    let Some(text) = arguments.text("within") else { return Ok(None) };
    let region = scope.named("within", text)?.filter(|region| region.kind.implements(REGION));
    region.map(Some).ok_or_else(|| FieldError::input(format!("within: there is no region {text}")))
}

fn searched<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let named = arguments
        .get("kinds")
        .and_then(Value::as_array)
        .map(|kinds| kinds.iter().filter_map(|kind| KIND.code(kind.as_str()?)).collect::<Vec<_>>());
    if named.as_ref().is_some_and(Vec::is_empty) {
        return Err(FieldError::input("kinds: is empty, and finds nothing; name one or more, or leave it out for all"));
    }
    let kinds: Vec<&'static Kind> =
        KINDS.iter().copied().filter(|kind| named.as_ref().is_none_or(|named| named.contains(&kind.tag))).collect();
    let within = within(scope, arguments)?;
    let text = arguments.text("text").unwrap_or_default();
    let query = Query::parse(text).map_err(|error| FieldError::input(format!("text: {error}")))?;
    let found = search(scope, &query, &kinds, within.as_ref())?;
    scope.trace.came_by(|| "index of the parts of names, by kind".to_owned(), found.hits.len());
    let size = i32::try_from(found.hits.len()).unwrap_or(i32::MAX);
    let records = found.hits.into_iter().map(|(position, id)| (position, id, Vec::new())).collect();
    let fields: Plain = vec![
        ("size", PlainValue::Leaf(Some(Leaf::Int(size)))),
        ("cut", PlainValue::Leaf(found.cut.map(Leaf::Owned))),
        ("hits", PlainValue::Nodes(Nodes { question: arguments.to_json(), records, found_by: Some(query) })),
    ];
    Ok(Resolved::Object(Object::Plain(fields)))
}

fn resolved<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let names = arguments.get("names").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if names.len() > RESOLVE_NAMES_MAX {
        return Err(FieldError::input(format!(
            "names: expected at most {RESOLVE_NAMES_MAX}, found {}; ask in several requests",
            names.len()
        )));
    }
    let level = arguments.text("level").and_then(|level| LEVEL.code(level));
    let mut resolver = Resolving::new(scope, levels(level), within(scope, arguments)?);
    let each = names.iter().map(|name| {
        let name = name.as_str().unwrap_or_default();
        let found = resolver.resolve(name)?;
        let mut meant = found.meant.into_iter();
        let confidence = |meant: &Meant| PlainValue::Leaf(Some(Leaf::Float(meant.confidence)));
        let best = meant.next();
        let runners_up = meant.take(5).map(|meant| {
            PlainValue::Object(vec![("confidence", confidence(&meant)), ("region", PlainValue::Record(Some(meant.id)))])
        });
        Ok(Resolved::Object(Object::Plain(vec![
            ("name", PlainValue::Leaf(Some(Leaf::Owned(name.to_owned())))),
            ("cut", PlainValue::Leaf(found.cut.map(Leaf::Owned))),
            ("runnersUp", PlainValue::List(runners_up.collect())),
            ("doubt", PlainValue::Leaf(best.as_ref().and_then(|best| best.doubt.clone()).map(Leaf::Owned))),
            ("confidence", best.as_ref().map_or(PlainValue::Leaf(Some(Leaf::Float(0.0))), confidence)),
            ("field", PlainValue::Leaf(best.as_ref().map(|best| Leaf::Name(best.field)))),
            ("region", PlainValue::Record(best.map(|best| best.id))),
        ])))
    });
    let each = each.collect::<Result<Vec<_>, FieldError>>()?;
    scope.trace.came_by(|| "index of names, and the regions below".to_owned(), each.len());
    Ok(Resolved::List(each))
}
