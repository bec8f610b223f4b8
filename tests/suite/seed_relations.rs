//! Every relation of the seed article, walked through the API from both of its ends.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Row, ask, ask_with, list, none_disagree, seed, seed_entities, text};

/// The fields that hold relations, by the type that has them, with the field on the target that leads back.
const FIELDS: &[(&str, &str, &str)] = &[
    ("Agreement", "brokers", "brokered"),
    ("Agreement", "parties", "agreements"),
    ("Agreement", "products", "agreements"),
    ("Agreement", "signedAt", "agreements"),
    ("Enterprise", "founders", "founded"),
    ("Enterprise", "region", "enterprises"),
    ("Event", "follows", "followedBy"),
    ("Event", "heldIn", "events"),
    ("Event", "hosts", "hosted"),
    ("Event", "products", "events"),
    ("Group", "members", "memberOf"),
    ("Group", "pairing", "groups"),
    ("Group", "partOf", "subsets"),
    ("Group", "programme", "groups"),
    ("Group", "within", "groups"),
    ("Observation", "counterpart", "counterpartObservations"),
    ("Observation", "programme", "figures"),
    ("Observation", "subject", "observations"),
    ("Organization", "partOf", "units"),
    ("Organization", "region", "organizations"),
    ("Pairing", "helped", "pairings"),
    ("Pairing", "helpers", "pairings"),
    ("Pairing", "partOf", "parts"),
    ("Pairing", "programme", "pairings"),
    ("Person", "affiliations", "affiliates"),
    ("Product", "origin", "products"),
    ("Programme", "issuedBy", "issued"),
    ("Programme", "partOf", "parts"),
    ("Project", "funders", "fundedProjects"),
    ("Project", "operator", "operatedProjects"),
    ("Project", "pairing", "projects"),
    ("Project", "products", "projects"),
    ("Project", "region", "projects"),
    ("Source", "authors", "authored"),
    ("Source", "partOf", "parts"),
    ("City", "parent", "children"),
    ("County", "parent", "children"),
    ("Town", "parent", "children"),
    ("Village", "parent", "children"),
];

/// The fields, or the link's predicate, that may stand for a relation of the seed.
const RELATIONS: &[(&str, &[&str])] = &[
    ("based_in", &["within"]),
    ("brokered", &["brokers"]),
    ("buyer", &["subject"]),
    ("covers", &["products"]),
    ("follows", &["follows"]),
    ("founded_by", &["founders"]),
    ("from", &["origin", "FROM"]),
    ("funded_by", &["funders"]),
    ("held_in", &["heldIn"]),
    ("helped", &["helped"]),
    ("helper", &["helpers"]),
    ("hosted_by", &["hosts"]),
    ("illustrates", &["partOf"]),
    ("issued_by", &["issuedBy"]),
    ("located_in", &["region", "within", "partOf"]),
    ("member_of", &["members", "affiliations", "partOf"]),
    ("part_of", &["parent", "partOf", "within", "region"]),
    ("party", &["parties"]),
    ("produces", &["products"]),
    ("promoted", &["products"]),
    ("run_by", &["operator"]),
    ("seller", &["counterpart"]),
    ("showed", &["products"]),
    ("signed_at", &["signedAt", "SIGNED_AT"]),
    ("stationed_in", &["region"]),
    ("study_at", &["STUDIES_AT"]),
    ("subset_of", &["partOf"]),
    ("taken_by", &["authors"]),
    ("under_pairing", &["pairing"]),
    ("under_programme", &["programme"]),
    ("works_for", &["affiliations"]),
];

/// Trap 15: what line 79 says of the four counties belongs to their pairing, which is no entity of the seed.
const OF_THE_COUNTIES: &[&str] = &["R122", "R123", "R124"];

/// One relation, and what the API says otherwise of it.
struct Relation<'a> {
    row: &'a Row,
    map: &'a Row,
    wrong: Vec<String>,
}

impl Relation<'_> {
    fn disagreements(mut self, entities: &BTreeMap<String, String>) -> Vec<String> {
        self.ends(entities);
        if self.map["field"] == "link" {
            self.link();
        } else {
            self.field();
        }
        self.wrong
    }

    fn holds(&mut self, condition: bool, otherwise: &str) {
        if !condition {
            let row = self.row;
            self.wrong.push(format!("{} {} {} {}: {otherwise}", row["id"], row["from"], row["relation"], row["to"]));
        }
    }

    /// The map's ends are the records of the seed's, in either order: some fields stand on the other side.
    fn ends(&mut self, entities: &BTreeMap<String, String>) {
        let (from, mut to) = (entities[&self.row["from"]].as_str(), entities[&self.row["to"]].as_str());
        if OF_THE_COUNTIES.contains(&self.row["id"].as_str()) {
            self.holds(to == "pairing:zhongshan-zhaotong", "the seed has the city's pairing");
            to = "pairing:zhongshan-counties4";
        }
        let found = if self.map["field"] == "link" { self.link_ends() } else { self.field_ends() };
        let [forward, backward] = [[from, to], [to, from]];
        // A link leads from the seed's subject; so does every field but those that stand on its object.
        let turned = matches!(self.map["field"].as_str(), "members" | "brokers");
        let expected = if turned { backward } else { forward };
        self.holds(found == expected, &format!("the map ties {found:?}, the seed {expected:?}"));
    }

    fn field_ends(&self) -> [String; 2] {
        [self.map["record"].clone(), self.map["target"].clone()]
    }

    /// A link is a record of its own, named after its relation.
    fn link_ends(&mut self) -> [String; 2] {
        let id = format!("link:{}", self.row["id"].to_lowercase());
        self.holds(self.map["record"] == id, "a link is named after its relation");
        let query = "query($id: ID!) { node(id: $id) { ... on Link { subject { id } object { id } } } }";
        let node = ask_with(query, json!({ "id": id }))["node"].clone();
        [text(&node["subject"]["id"]), text(&node["object"]["id"])]
    }

    /// Whether the field or predicate can mean what the seed's relation does.
    fn stands_for(&mut self, name: &str) {
        let named = RELATIONS.iter().find(|(relation, _)| *relation == self.row["relation"]);
        // A relation that no table names is a link by its own name.
        let fits = match named {
            Some((_, names)) => names.contains(&name),
            None => name == self.row["relation"].to_uppercase(),
        };
        self.holds(fits, &format!("{name} does not stand for it"));
    }

    fn link(&mut self) {
        let query = "query($id: ID!) { node(id: $id) { ... on Link {
            predicate citations { source { id } line field }
            subject { id links(first: 1000) { nodes { id } } } object { id linkedFrom(first: 1000) { nodes { id } } }
        } } }";
        let node = ask_with(query, json!({ "id": self.map["record"] }))["node"].clone();
        self.stands_for(&text(&node["predicate"]));
        let target = self.map["target"].as_str();
        self.holds(node["object"]["id"] == target, &format!("leads to {}", node["object"]["id"]));
        let found = |end: &str, back: &str| ids(&node[end][back]["nodes"]).contains(&self.map["record"]);
        let (from_subject, from_object) = (found("subject", "links"), found("object", "linkedFrom"));
        self.holds(from_subject, "is not among its subject's links");
        self.holds(from_object, "is not among the links to its object");
        self.cited(&node["citations"], None);
    }

    fn field(&mut self) {
        let (record, target) = (self.map["record"].clone(), self.map["target"].clone());
        let (kind, field) = (typename(&record), self.map["field"].clone());
        self.stands_for(&field);
        let Some((.., back)) = FIELDS.iter().find(|(of, name, _)| *of == kind && *name == field) else {
            return self.holds(false, &format!("{kind}.{field} is no field of relations"));
        };
        let node = ask(&forward(&record, &field))["node"].clone();
        let found = targets(&node[&field]);
        self.holds(found.contains(&target), &format!("{record} {field} has {found:?}, not {target}"));
        let node_back = ask(&backward(&target, &field, back))["node"].clone();
        let found = ids(&node_back[*back]["nodes"]);
        self.holds(found.contains(&record), &format!("{target} {back} does not lead back to {record}"));
        self.cited(&node["citations"], Some(&field));
        if kind == "Event" && field == "products" {
            self.exhibit(&record, &target);
        }
    }

    /// What an event did with a product: on its edge, as the seed's relation says it.
    fn exhibit(&mut self, event: &str, product: &str) {
        let query = "query($id: ID!) { node(id: $id) { ... on Event {
            productsConnection(first: 1000) { edges { node { id } role } }
        } } }";
        let node = ask_with(query, json!({ "id": event }))["node"].clone();
        let mut edges = list(&node["productsConnection"]["edges"]).iter();
        let role = edges.find(|edge| edge["node"]["id"] == product).map(|edge| text(&edge["role"]));
        self.holds(role == Some(self.row["relation"].to_uppercase()), &format!("its role is {role:?}"));
    }

    /// A citation of the relation's line; for a field, one that names it.
    fn cited(&mut self, citations: &Value, field: Option<&str>) {
        let line = self.row["line"].clone();
        if line.is_empty() {
            return;
        }
        let mut lines = list(citations).iter().filter(|citation| {
            let named = match field {
                // A figure is cited as a whole, and its subject with it.
                Some(field) => citation["field"] == field,
                None => citation["field"].is_null(),
            };
            named && citation["source"]["id"] == "source:seed-article"
        });
        let found = lines.any(|citation| text(&citation["line"]) == line);
        self.holds(found, &format!("line {line} is not cited for {}", field.unwrap_or("the link")));
    }
}

/// The query for a record's field, be it one target, a list or a connection.
fn forward(record: &str, field: &str) -> String {
    let selection =
        if field == "members" { "members(first: 1000) { nodes { id } }" } else { &format!("{field} {{ id }}") };
    let kind = typename(record);
    format!(
        "{{ node(id: \"{record}\") {{ citations {{ source {{ id }} line field }} ... on {kind} {{ {selection} }} }} }}"
    )
}

/// The query for the field that leads back; of a pairing's sides, by the role that the party takes.
fn backward(target: &str, field: &str, back: &str) -> String {
    let role = match field {
        "helpers" => "role: HELPER, ",
        "helped" => "role: HELPED, ",
        _ => "",
    };
    let kind = typename(target);
    format!("{{ node(id: \"{target}\") {{ ... on {kind} {{ {back}({role}first: 1000) {{ nodes {{ id }} }} }} }} }}")
}

/// The type of an id's record: `labor-station:x` is a `LaborStation`.
fn typename(id: &str) -> String {
    let kind = id.split(':').next().unwrap_or_default();
    let words = kind.split('-').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]));
    words.collect()
}

fn targets(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(one) if one.contains_key("nodes") => ids(&one["nodes"]),
        Value::Object(one) => BTreeSet::from([text(&one["id"])]),
        _ => ids(value),
    }
}

fn ids(nodes: &Value) -> BTreeSet<String> {
    list(nodes).iter().map(|node| text(&node["id"])).collect()
}

#[test]
fn every_relation_is_found_from_both_ends_and_cited() {
    let (rows, maps, entities) = (seed("seed_relations.csv"), seed("relations-map.csv"), seed_entities());
    assert_eq!((rows.len(), maps.len()), (199, 199));
    let maps: BTreeMap<_, _> = maps.into_iter().map(|map| (map["relation"].clone(), map)).collect();
    let relations = rows.iter().map(|row| Relation { row, map: &maps[&row["id"]], wrong: Vec::new() });
    none_disagree(relations.flat_map(|relation| relation.disagreements(&entities)));
}

#[test]
fn no_link_of_the_article_is_there_that_no_relation_tells() {
    let told: BTreeSet<_> = seed("relations-map.csv").iter().map(|map| map["record"].clone()).collect();
    let links = ids(&ask("{ links(first: 1000) { nodes { id } } }")["links"]["nodes"]);
    let untold: Vec<_> = links.difference(&told).collect();
    assert!(links.len() == 28 && untold.is_empty(), "{} links, not told: {untold:?}", links.len());
}

/// What the seed's relations say beside their ends: each with the query that shows it, and the answer.
#[test]
fn every_property_of_a_relation_is_answered() {
    let shown = properties();
    let mut wrong = Vec::new();
    for row in seed("seed_relations.csv").iter().filter(|row| !row["properties"].is_empty()) {
        let Some((.., query, expected)) =
            shown.iter().find(|(ids, said, ..)| ids.contains(&row["id"].as_str()) && *said == row["properties"])
        else {
            wrong.push(format!("{} {}: nothing shows it", row["id"], row["properties"]));
            continue;
        };
        let (answer, expected) = (sorted(ask(query)), sorted(expected.clone()));
        if answer != expected {
            wrong.push(format!("{} {}: {answer}, not {expected}", row["id"], row["properties"]));
        }
    }
    none_disagree(wrong);
}

/// Lists in one order: none is asked for here.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(sorted).collect();
            entries.sort_by_key(Value::to_string);
            Value::Array(entries)
        }
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, sorted(value))).collect(),
        leaf => leaf,
    }
}

type Shown = (&'static [&'static str], &'static str, String, Value);

fn properties() -> Vec<Shown> {
    let node =
        |id: &str, selection: &str| format!("{{ node(id: \"{id}\") {{ ... on {} {{ {selection} }} }} }}", typename(id));
    let within = |id: &str| node(id, "withinConnection(first: 9) { edges { node { id } share } }");
    let shares = |ids: &[&str]| {
        let edges: Vec<_> = ids.iter().map(|id| json!({ "node": { "id": id }, "share": null })).collect();
        json!({ "node": { "withinConnection": { "edges": edges } } })
    };
    let groups = "{ node(id: \"group:towns25\") { ... on Group { subsets(first: 9) { nodes {
        members(first: 9) { totalCount } membersComplete links(first: 9) { nodes { predicate object { id } note } }
    } } } } }";
    let group = json!({
        "members": { "totalCount": 0 }, "membersComplete": false,
        "links": { "nodes": [{
            "predicate": "PAIRED_WITH", "object": { "id": "group:counties4" },
            "note": "Exactly one county each by implication; match unknown.",
        }] },
    });
    let groups_answer = json!({ "node": { "subsets": { "nodes": vec![group; 4] } } });
    vec![
        (&["R027", "R028"], "share=unknown", within("group:villages131"), shares(&["city:441200", "city:445100"])),
        (&["R029"], "share=unknown", within("group:villages182"), shares(&["group:counties4"])),
        (&["R130", "R131"], "share=unknown", within("group:labor-stations10"), shares(&["city:530600", "city:442000"])),
        // The towns stand right below the city.
        (
            &["R030"],
            "no county level in between",
            node("town:442000001", "ancestors { id }"),
            json!({ "node": { "ancestors": [{ "id": "province:440000" }, { "id": "city:442000" }] } }),
        ),
        (&["R031", "R033", "R035", "R037"], "members=unknown", groups.to_owned(), groups_answer.clone()),
        (
            &["R032", "R034", "R036", "R038"],
            "exactly one county each by implication; match unknown",
            groups.to_owned(),
            groups_answer,
        ),
        (&["R047"], "since=2016", node("pairing:zhongshan-zhaotong", "since"), json!({ "node": { "since": "2016" } })),
        // All of the group is helped, and the group is all of the 182.
        (
            &["R065"],
            "cover=full",
            node("pairing:mixed-villages182", "helped { ... on Group { size } } observations { totalCount }"),
            json!({ "node": { "helped": [{ "size": 182 }], "observations": { "totalCount": 0 } } }),
        ),
        (
            &["R068"],
            "via 4 groups",
            node("group:towns25", "subsets(first: 9) { totalCount }"),
            json!({ "node": { "subsets": { "totalCount": 4 } } }),
        ),
        (
            &["R091"],
            "year=2020",
            node("programme:consumption-subsidy", "start"),
            json!({ "node": { "start": "2020" } }),
        ),
        (
            &["R093"],
            "took=1 year",
            node("observation:f016", "subject { id } value indicator { unit }"),
            json!({ "node": {
                "subject": { "id": "project:chick-base" }, "value": "1", "indicator": { "unit": "year" },
            } }),
        ),
        (
            &["R100"],
            "date=2020-09-29",
            node("event:harvest-festival", "start end"),
            json!({ "node": { "start": "2020-09-29", "end": "2020-09-29" } }),
        ),
        (&["R101"], "role=buyer", parties(), parties_answer()),
        (&["R102"], "role=seller", parties(), parties_answer()),
        (
            &["R107"],
            "amount=unknown",
            node("project:rice-field-fish", "fundersConnection(first: 9) { edges { node { id } amount } }"),
            json!({ "node": { "fundersConnection": { "edges": [
                { "node": { "id": "city:442000" }, "amount": null },
            ] } } }),
        ),
        (
            &["R150"],
            "amount_CNY=95260000;period=2020-01-01..2020-08-31",
            "{ link: node(id: \"link:r150\") { ... on Link { start end note } }
               figure: node(id: \"observation:f104\") { ... on Observation { value indicator { unit money } } } }"
                .to_owned(),
            json!({
                "link": { "start": "2020-01-01", "end": "2020-08-31", "note": "The amount is observation:f104." },
                "figure": { "value": "95260000", "indicator": { "unit": "yuan", "money": "FISCAL_AID" } },
            }),
        ),
        (
            &["R154"],
            "2020-09-05..2020-09-07 (start derived)",
            node("event:zhaotong-expo-2020", "start startBasis end endBasis"),
            json!({ "node": {
                "start": "2020-09-05", "startBasis": "DERIVED", "end": "2020-09-07", "endBasis": "STATED",
            } }),
        ),
        (
            &["R161"],
            "signed_CNY>15000000",
            node("observation:f087", "subject { id } counterpart { id } value qualifier"),
            json!({ "node": {
                "subject": { "id": "event:zhaotong-expo-2020" }, "counterpart": { "id": "group:counties4" },
                "value": "15000000", "qualifier": "MORE_THAN",
            } }),
        ),
        (
            &["R162"],
            "opened=2020-09-20",
            node("event:apple-fair", "start startBasis end"),
            json!({ "node": { "start": "2020-09-20", "startBasis": "STATED", "end": null } }),
        ),
        (
            &["R176"],
            "founded=2020",
            node("organization:consumption-taskforce", "founded"),
            json!({ "node": { "founded": "2020" } }),
        ),
    ]
}

fn parties() -> String {
    "{ node(id: \"agreement:rice-purchase\") { ... on Agreement {
        partiesConnection(first: 9) { edges { node { id } role } }
    } } }"
        .to_owned()
}

fn parties_answer() -> Value {
    json!({ "node": { "partiesConnection": { "edges": [
        { "node": { "id": "group:rice-buyer" }, "role": "BUYER" },
        { "node": { "id": "village:530626105205" }, "role": "SELLER" },
    ] } } })
}
