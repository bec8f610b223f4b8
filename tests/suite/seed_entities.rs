//! Every entity of the seed article, found again through the API under its names, sizes and codes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Row, ask_with, list, none_disagree, seed, seed_entities, text};

const QUERY: &str = "query($id: ID!) { node(id: $id) {
    __typename id citations { source { id } line field }
    ... on Named { name nameEn aliases anonymous }
    ... on Source { title titleEn sourceKind: kind }
    ... on Organization { organizationKind: kind }
    ... on Programme { programmeKind: kind }
    ... on Region { codes { code system } }
    ... on Group { size memberKind }
} }";

/// What the seed's kinds are here: a type, with the kind that the record is or that its members are.
const KINDS: &[(&str, &[&str])] = &[
    ("agreement", &["Agreement"]),
    ("article", &["Source NEWSPAPER"]),
    ("asset_group", &["Group BUILDING"]),
    ("counter_group", &["Group SALES_COUNTER"]),
    ("enterprise", &["Enterprise"]),
    ("enterprise_group", &["Group ENTERPRISE", "Group LODGING"]),
    ("event", &["Event"]),
    ("hall", &["Organization HALL"]),
    ("industrial_park_group", &["Group INDUSTRIAL_PARK"]),
    ("labour_station_group", &["Group LABOR_STATION"]),
    ("market", &["Organization MARKET"]),
    ("organisation", &["Organization GOVERNMENT", "Organization WORK_TEAM", "Organization PUBLISHER"]),
    ("organisation_group", &["Group ORGANIZATION", "Group MIXED"]),
    ("pairing", &["Pairing"]),
    ("pairing_group", &["Pairing"]),
    ("person", &["Person"]),
    ("person_group", &["Group PERSON", "Group HOUSEHOLD"]),
    ("photo", &["Source PHOTO"]),
    ("policy", &["Programme POLICY"]),
    ("product", &["Product"]),
    ("programme", &["Programme PROGRAMME"]),
    ("project", &["Project"]),
    ("project_group", &["Group PROJECT"]),
    // No record of its own: the flow is the figure that the article gives of it.
    ("purchase_flow", &["Observation"]),
    ("region", &["Province", "City", "County", "Town", "Village"]),
    ("region_group", &["Group VILLAGE", "Group COUNTY", "Group TOWN", "Group REGION"]),
    ("studio_group", &["Group STUDIO"]),
    ("training_base_group", &["Group TRAINING_BASE"]),
    ("training_class_group", &["Group TRAINING_CLASS"]),
    ("workshop_group", &["Group WORKSHOP"]),
    ("zone", &["Organization ZONE"]),
];

/// Kinds that differ on purpose: training of cooks pairs nobody, and holds nothing that does.
const OTHER_KINDS: &[(&str, &str)] = &[("prog:cantonese_chef", "Programme POLICY")];

/// English names that differ on purpose: `photo 1` alone would not say of what.
const OTHER_NAMES_EN: &[(&str, &str)] = &[
    ("pho:1", "photo 1: bamboo processing plant"),
    ("pho:2", "photo 2: Shifeng village"),
    ("pho:3", "photo 3: Zhongshan hall"),
];

/// Aliases of the seed that are no alias here, and why.
const NO_ALIASES: &[(&str, &str, &str)] = &[
    ("reg:zhongshan", "全市", "`the whole city` is Zhongshan in this article alone"),
    ("ven:zs_market", "中山农产品交易中心", "a record of its own: that the two are one place is not stated"),
];

/// Sizes that the seed's column leaves empty, and its notes give.
const SIZES_OF_NOTES: &[(&str, &str)] = &[("pgr:reached150k", "150000")];

/// One entity, the record that holds it, and what of the two disagrees.
struct Entity<'a> {
    row: &'a Row,
    node: Value,
    wrong: Vec<String>,
}

impl<'a> Entity<'a> {
    fn ask(row: &'a Row, record: &str) -> Self {
        let node = ask_with(QUERY, json!({ "id": record }))["node"].clone();
        let mut entity = Self { row, node, wrong: Vec::new() };
        let found = text(&entity.node["id"]);
        entity.holds(found == record, &format!("{record} is not found, but {found:?}"));
        entity
    }

    fn disagreements(mut self) -> Vec<String> {
        self.kind();
        if self.row["kind"] != "purchase_flow" {
            self.name();
            self.name_en();
            self.aliases();
            self.anonymous();
        }
        self.size();
        self.code();
        self.line();
        self.wrong
    }

    fn holds(&mut self, condition: bool, otherwise: &str) {
        if !condition {
            self.wrong.push(format!("{}: {otherwise}", self.row["id"]));
        }
    }

    fn is(&self, typename: &str) -> bool {
        self.node["__typename"] == typename
    }

    fn kind(&mut self) {
        let mut kind = text(&self.node["__typename"]);
        for field in ["memberKind", "sourceKind", "organizationKind", "programmeKind"] {
            if !self.node[field].is_null() {
                kind = format!("{kind} {}", text(&self.node[field]));
            }
        }
        if let Some(other) = exception(OTHER_KINDS, &self.row["id"]) {
            return self.holds(kind == other, &format!("is {kind}, not {other}"));
        }
        let expected = KINDS.iter().find(|(seed, _)| *seed == self.row["kind"]).map_or(&[][..], |(_, kinds)| kinds);
        self.holds(expected.contains(&kind.as_str()), &format!("is {kind}, not one of {expected:?}"));
    }

    fn name(&mut self) {
        let name = text(&self.node[if self.is("Source") { "title" } else { "name" }]);
        self.holds(name == self.row["name"], &format!("is named {name}, not {}", self.row["name"]));
    }

    fn name_en(&mut self) {
        let name = text(&self.node[if self.is("Source") { "titleEn" } else { "nameEn" }]);
        let expected = exception(OTHER_NAMES_EN, &self.row["id"]).unwrap_or(&self.row["name_en"]);
        // Where the seed has none, any will do.
        self.holds(expected.is_empty() || name == expected, &format!("is {name} in English, not {expected}"));
    }

    fn aliases(&mut self) {
        let aliases: BTreeSet<_> = list(&self.node["aliases"]).iter().map(text).collect();
        for printed in self.row["aliases"].split(';').filter(|alias| !alias.is_empty()) {
            // What stands in brackets is the keeper's remark on the alias.
            let alias = printed.split(" (").next().unwrap_or(printed);
            let excepted = NO_ALIASES.iter().any(|(id, no, _)| *id == self.row["id"] && *no == alias);
            let found = aliases.contains(alias);
            self.holds(found != excepted, &format!("alias {alias}: found {found}, excepted {excepted}"));
        }
    }

    fn anonymous(&mut self) {
        // Sources have a field of their own for a title that was supplied.
        if !self.is("Source") {
            let anonymous = self.node["anonymous"] == true;
            self.holds(anonymous == (self.row["anonymous"] == "yes"), &format!("anonymous is {anonymous}"));
        }
    }

    fn size(&mut self) {
        if self.is("Group") {
            let size = text(&self.node["size"]);
            let of_note = exception(SIZES_OF_NOTES, &self.row["id"]);
            let expected = of_note.unwrap_or(&self.row["member_count"]);
            self.holds(size == expected, &format!("has the size {size:?}, not {expected:?}"));
            let known_once = of_note.is_none() || self.row["member_count"].is_empty();
            self.holds(known_once, "the seed's column has the size after all");
        } else {
            // A single record is one, and the seed counts it where it has no name.
            let expected = if self.row["anonymous"] == "yes" { "1" } else { "" };
            self.holds(self.row["member_count"] == expected, "several things are a group");
        }
    }

    fn code(&mut self) {
        if self.row["code"].is_empty() {
            return self.holds(self.row["code_system"].is_empty(), "a system is a code's");
        }
        let wanted = json!({ "code": self.row["code"], "system": self.row["code_system"] });
        let found = list(&self.node["codes"]).contains(&wanted);
        self.holds(found, &format!("has no code {wanted} among {}", self.node["codes"]));
    }

    fn line(&mut self) {
        let cited = list(&self.node["citations"]).iter().any(|citation| {
            citation["source"]["id"] == "source:seed-article"
                && citation["field"].is_null()
                && text(&citation["line"]) == self.row["line"]
        });
        self.holds(cited, &format!("line {} is not cited for the record", self.row["line"]));
    }
}

fn exception<'a>(exceptions: &'a [(&str, &str)], id: &str) -> Option<&'a str> {
    exceptions.iter().find(|(of, _)| *of == id).map(|(_, expected)| *expected)
}

#[test]
fn every_entity_is_found_with_what_the_seed_knows_of_it() {
    let (rows, records) = (seed("seed_entities.csv"), seed_entities());
    assert_eq!((rows.len(), records.len()), (131, 131));
    none_disagree(rows.iter().flat_map(|row| Entity::ask(row, &records[&row["id"]]).disagreements()));
}

#[test]
fn no_two_entities_are_one_record() {
    let records = seed_entities();
    let distinct: BTreeSet<_> = records.values().collect();
    assert_eq!(distinct.len(), records.len());
}
