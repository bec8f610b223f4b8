//! Every column of every fact of the seed article, asked of the API.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Row, ask, ask_with, list, none_disagree, seed, seed_entities, text};

const ARTICLE: &str = "source:seed-article";

/// All that a fact can be kept as: a figure, a claim, or a date of a record.
const QUERY: &str = "query($id: ID!) { node(id: $id) {
    __typename id note citations { source { id } line field note }
    ... on Observation {
        subject { id } counterpart { id } indicator { id unit perUnit } value qualifier nature basis
        period { start startBasis end endBasis }
        partOf { id parts(first: 1000) { nodes { id } } }
        possiblyPartOf { id possibleParts(first: 1000) { nodes { id } } }
    }
    ... on Statement {
        subject { id } predicate text holds qualifier nature basis period { start startBasis end endBasis }
    }
    ... on Event { start startBasis end endBasis }
    ... on Programme { end endBasis }
    ... on Pairing { since }
    ... on Project { completed }
    ... on Organization { founded }
} }";

/// The seed's units, as an indicator's `unit` and `perUnit`. The empty one and those of dates are no indicator's.
const UNITS: &[(&str, &str, &str)] = &[
    ("CNY", "yuan", ""),
    ("CNY/person", "yuan", "person"),
    ("CNY/year", "yuan", "year"),
    ("activities", "activity", ""),
    ("areas", "area", ""),
    ("bases", "base", ""),
    ("birds/year", "bird", "year"),
    ("buildings", "building", ""),
    ("classes", "class", ""),
    ("counters", "counter", ""),
    ("counties", "county", ""),
    ("days", "day", ""),
    ("enterprises", "enterprise", ""),
    ("groups", "group", ""),
    ("households", "household", ""),
    ("kinds", "kind", ""),
    ("methods", "method", ""),
    ("mu", "mu", ""),
    ("organisations", "organization", ""),
    ("pairings", "pairing", ""),
    ("parks", "park", ""),
    ("percent", "percent", ""),
    ("person-times", "attendance", ""),
    ("persons", "person", ""),
    ("products", "product", ""),
    ("programmes", "programme", ""),
    ("projects", "project", ""),
    ("projects/household", "project", "household"),
    ("projects/village", "project", "village"),
    ("stations", "station", ""),
    ("strands", "strand", ""),
    ("students", "student", ""),
    ("studios", "studio", ""),
    ("towns", "town", ""),
    ("villages", "village", ""),
    ("workshops", "workshop", ""),
    ("years", "year", ""),
];

const QUALIFIERS: &[(&str, &str)] = &[
    ("exact", "EXACT"),
    ("more_than", "MORE_THAN"),
    ("more_than_or_equal", "AT_LEAST"),
    ("less_than", "LESS_THAN"),
    ("about", "APPROXIMATELY"),
    ("unknown", ""),
];

const PERIOD_BASES: &[(&str, &str)] = &[
    ("", ""),
    ("stated", "STATED"),
    ("implied", "IMPLIED"),
    ("implied, year only", "IMPLIED_YEAR"),
    ("derived", "DERIVED"),
    ("article_asof", "AS_OF_SOURCE"),
    ("undated", "UNDATED"),
    ("capacity", "CAPACITY"),
    ("forecast", "FORECAST"),
];

const BASES: &[(&str, &str)] = &[("stated", "STATED"), ("counted", "COUNTED"), ("derived", "DERIVED")];

const NATURES: &[(&str, &str)] = &[("actual", "ACTUAL"), ("capacity", "CAPACITY"), ("forecast", "FORECAST")];

/// Facts whose note is kept in other words, and why.
const REWORDED: &[(&str, &str)] = &[
    ("F002", "what not to merge is an order to the keeper, not a remark to the reader"),
    ("F025", "`as above` has nothing above it in a record"),
    ("F049", "how to store it is said as what it is"),
    ("F064", "how to store it is said as what it is"),
    ("F067", "`the next fact` has no next in a record: it names the record"),
    ("F075", "`see notes on glitches` names the record that has them"),
    ("F088", "that no other place names them is said of the record"),
];

/// The four counties of line 67, by the names that the article gives them.
const COUNTIES: &str = "{ node(id: \"group:counties4\") { ... on Group {
    members(first: 1000) { nodes { ... on County { name } } }
} } }";

/// The maps from the seed's ids to records.
struct Maps {
    facts: BTreeMap<String, Row>,
    metrics: BTreeMap<String, Row>,
    entities: BTreeMap<String, String>,
    rows: BTreeMap<String, Row>,
}

impl Maps {
    fn read() -> Self {
        let keyed = |file: &str, key: &str| seed(file).into_iter().map(|row| (row[key].clone(), row)).collect();
        Self {
            facts: keyed("facts-map.csv", "fact"),
            metrics: keyed("metrics-map.csv", "metric"),
            entities: seed_entities(),
            rows: keyed("seed_facts.csv", "id"),
        }
    }

    fn record(&self, fact: &str) -> &str {
        &self.facts[fact]["record"]
    }
}

/// One fact, the record that holds it, and what of the two disagrees.
struct Fact<'a> {
    maps: &'a Maps,
    row: &'a Row,
    map: &'a Row,
    node: Value,
    wrong: Vec<String>,
}

impl<'a> Fact<'a> {
    fn ask(maps: &'a Maps, id: &str) -> Self {
        let map = &maps.facts[id];
        let node = ask_with(QUERY, json!({ "id": map["record"] }))["node"].clone();
        Self { maps, row: &maps.rows[id], map, node, wrong: Vec::new() }
    }

    fn disagreements(mut self) -> Vec<String> {
        let id = self.map["record"].clone();
        self.same("record", &text(&self.node["id"]), &id);
        self.subject();
        self.line();
        let parted = self.row["subset_of"].is_empty() == self.row["subset_basis"].is_empty();
        let can_be = self.map["field"] == "value" || self.row["subset_of"].is_empty();
        self.holds("subset_of", parted && can_be, "a figure alone is part of another, in a way that is known");
        match self.map["field"].as_str() {
            "value" => self.figure(),
            "statement" => self.statement(),
            "citation" => self.restatement(),
            _ => self.date(),
        }
        self.wrong
    }

    fn same(&mut self, column: &str, answered: &str, expected: &str) {
        if answered != expected {
            self.wrong.push(format!("{} {column}: the API has {answered:?}, the seed {expected:?}", self.row["id"]));
        }
    }

    fn holds(&mut self, column: &str, condition: bool, expected: &str) {
        if !condition {
            self.wrong.push(format!("{} {column}: {expected}", self.row["id"]));
        }
    }

    /// What the seed's subject is here, unless the map says otherwise and why is known.
    fn subject(&mut self) {
        let id = self.row["id"].as_str();
        let expected = match self.row["subject"].as_str() {
            // Not an entity of its own here: the buyer is the subject, the seller the counterpart.
            "flow:zs-midwest" => "city:442000",
            // Trap 15: line 79 speaks of the four counties, not of the city.
            _ if ("F105"..="F109").contains(&id) => "pairing:zhongshan-counties4",
            subject => self.maps.entities[subject].as_str(),
        };
        self.same("subject, in the map", &self.map["subject"], expected);
        let answered = match self.map["field"].as_str() {
            "value" | "statement" | "citation" => text(&self.node["subject"]["id"]),
            // A date is a field of its subject.
            _ => text(&self.node["id"]),
        };
        self.same("subject", &answered, expected);
        if self.row["subject"] == "flow:zs-midwest" {
            let counterpart = text(&self.node["counterpart"]["id"]);
            self.same("subject, the seller", &counterpart, "group:midwest");
        }
    }

    /// A citation of the article at the fact's line; of a date, one for its field.
    fn line(&mut self) {
        let found = self.citations().next().is_some();
        self.holds("line", found, "no citation of the article at this line");
    }

    fn citations(&self) -> impl Iterator<Item = &Value> {
        let field = match self.map["field"].as_str() {
            "value" | "statement" | "citation" => Value::Null,
            date => json!(date),
        };
        list(&self.node["citations"]).iter().filter(move |citation| {
            citation["source"]["id"] == ARTICLE
                && citation["field"] == field
                && text(&citation["line"]) == self.row["line"]
        })
    }

    fn figure(&mut self) {
        self.same("kept as", &text(&self.node["__typename"]), "Observation");
        self.metric("indicator");
        let indicator = text(&self.node["indicator"]["id"]);
        self.same("metric", &indicator, &self.maps.metrics[&self.row["metric"]]["key"]);
        self.value();
        self.unit();
        self.coded();
        self.period();
        self.part("stated", "partOf", "parts");
        self.part("likely", "possiblyPartOf", "possibleParts");
        self.note();
        self.same("restates", &self.row["restates"], "");
    }

    fn metric(&mut self, kind: &str) {
        let found = self.maps.metrics[&self.row["metric"]]["kind"].clone();
        self.same("metric, in the map", &found, kind);
    }

    fn value(&mut self) {
        match self.row["value_type"].as_str() {
            "integer" | "percent" => self.same("value", &text(&self.node["value"]), &self.row["value"]),
            "unknown" => {
                self.same("value", &self.row["value"], "");
                self.holds("value", self.node["value"].is_null(), "what is unknown is null");
            }
            other => self.wrong.push(format!("{} value_type: no figure is {other}", self.row["id"])),
        }
        let percent = self.node["indicator"]["unit"] == "percent";
        let said = self.row["value_type"] == "percent" || self.row["unit"] == "percent";
        self.holds("value_type", percent == said, "percent is for percentages, and for them alone");
    }

    fn unit(&mut self) {
        let unit = self.row["unit"].as_str();
        let Some((_, of, per)) = UNITS.iter().find(|(seed, ..)| *seed == unit) else {
            return self.wrong.push(format!("{} unit: {unit} is no unit", self.row["id"]));
        };
        self.same("unit", &text(&self.node["indicator"]["unit"]), of);
        self.same("unit, per", &text(&self.node["indicator"]["perUnit"]), per);
    }

    fn coded(&mut self) {
        self.same("qualifier", &text(&self.node["qualifier"]), coded(QUALIFIERS, &self.row["qualifier"]));
        self.same("basis", &text(&self.node["basis"]), coded(BASES, &self.row["basis"]));
        self.same("nature", &text(&self.node["nature"]), coded(NATURES, &self.row["nature"]));
    }

    fn period(&mut self) {
        let start = match self.row["period_start_basis"].as_str() {
            // The day in the seed only fills up what it calls a year.
            "implied, year only" => &self.row["period_start"][..4],
            _ => self.row["period_start"].as_str(),
        };
        let period = self.node["period"].clone();
        self.same("period_start", &text(&period["start"]), start);
        self.same("period_end_or_as_of", &text(&period["end"]), &self.row["period_end_or_as_of"]);
        let basis = coded(PERIOD_BASES, &self.row["period_start_basis"]);
        self.same("period_start_basis", &text(&period["startBasis"]), basis);
        self.same("end_basis", &text(&period["endBasis"]), coded(PERIOD_BASES, &self.row["end_basis"]));
    }

    /// The whole of which this is a part, in the field for how that is known, and the way back from it.
    fn part(&mut self, basis: &str, field: &str, back: &str) {
        let said = self.row["subset_basis"] == basis;
        // What restates a figure has that figure's record.
        let expected = if said { self.maps.record(&self.row["subset_of"]) } else { "" };
        let whole = self.node[field].clone();
        self.same(&format!("subset_of, {field}"), &text(&whole["id"]), expected);
        let known = ["", "stated", "likely"].contains(&self.row["subset_basis"].as_str());
        self.holds("subset_basis", known, "is stated or likely");
        if said {
            let found = list(&whole[back]["nodes"]).iter().any(|part| part["id"] == self.node["id"]);
            self.holds("subset_of", found, "the whole does not lead back to its part");
        }
    }

    fn note(&mut self) {
        let (note, said) = (text(&self.node["note"]), self.row["notes"].as_str());
        if REWORDED.iter().any(|(id, _)| *id == self.row["id"]) {
            self.holds("notes", !note.is_empty() && note != said, "a note in other words was expected");
        } else {
            self.same("notes", &note, said);
        }
    }

    fn statement(&mut self) {
        self.same("kept as", &text(&self.node["__typename"]), "Statement");
        self.metric("predicate");
        let predicate = text(&self.node["predicate"]);
        self.same("metric", &predicate, &self.maps.metrics[&self.row["metric"]]["key"]);
        match self.row["value_type"].as_str() {
            "boolean" => {
                let expected = self.row["value"] == "true";
                self.holds("value", self.node["holds"] == expected, "the claim holds as the seed says");
                self.holds("text", !text(&self.node["text"]).is_empty(), "a claim has words");
            }
            "text" => {
                self.same("value", &text(&self.node["text"]), &self.row["value"]);
                self.holds("value", self.node["holds"].is_null(), "a text neither holds nor does not");
            }
            other => self.wrong.push(format!("{} value_type: no claim is {other}", self.row["id"])),
        }
        self.same("unit", &self.row["unit"], "");
        self.coded();
        self.period();
        self.note();
    }

    /// A date is a field of its subject, as precise as the seed's type says.
    fn date(&mut self) {
        self.metric("field");
        let field = self.map["field"].as_str();
        self.same("metric", field, &self.maps.metrics[&self.row["metric"]]["key"]);
        let date = text(&self.node[field]);
        let about = date.ends_with('~');
        let date = date.trim_end_matches('~');
        self.same("value", date, &self.row["value"]);
        let length = if self.row["value_type"] == "year" { 4 } else { 10 };
        self.holds("value_type", date.len() == length, "a year has four digits, a day ten characters");
        self.same("unit", &self.row["unit"], &self.row["value_type"]);
        self.same("qualifier", if about { "about" } else { "exact" }, &self.row["qualifier"]);
        self.same("nature", &self.row["nature"], "actual");
        self.days_of(date);
        if matches!(field, "start" | "end") {
            let basis = text(&self.node[&format!("{field}Basis")]);
            self.same("basis", &basis, coded(BASES, &self.row["basis"]));
        } else {
            self.same("basis", &self.row["basis"], "stated");
        }
        self.cited_note();
    }

    /// The period of a date follows from it: its earliest and latest day.
    fn days_of(&mut self, date: &str) {
        let (first, last) = match date.len() {
            4 => (format!("{date}-01-01"), format!("{date}-12-31")),
            _ => (date.to_owned(), date.to_owned()),
        };
        for (column, day) in [("period_start", first), ("period_end_or_as_of", last)] {
            // Empty where the seed gives no period beside the date.
            if !self.row[column].is_empty() {
                self.same(column, &day, &self.row[column]);
            }
        }
        self.bases_of_days();
    }

    /// How a date's days are known: of an approximate one they are derived; of a year that is a start, the remark says
    /// that there is no more than the year; all others are stated.
    fn bases_of_days(&mut self) {
        let about = text(&self.node[&self.map["field"]]).ends_with('~');
        let year_only = self.citations().any(|citation| text(&citation["note"]).starts_with("year only"));
        let (start, end) = match (about, year_only) {
            (true, _) => ("", "derived"),
            (false, true) => ("implied, year only", "stated"),
            (false, false) => ("stated", "stated"),
        };
        self.same("period_start_basis", start, &self.row["period_start_basis"]);
        self.same("end_basis", end, &self.row["end_basis"]);
    }

    /// The citation for a place carries the remark on it.
    fn cited_note(&mut self) {
        let said = self.row["notes"].clone();
        let found = self.citations().any(|citation| text(&citation["note"]).is_empty() == said.is_empty());
        self.holds("notes", found, "the citation's note is there where the seed's is");
        if !said.is_empty() && self.map["field"] != "citation" {
            let notes: Vec<_> = self.citations().map(|citation| text(&citation["note"])).collect();
            self.same("notes", &notes.join(" / "), &said);
        }
    }

    /// A further citation of the original's record; with a note where anything differs.
    fn restatement(&mut self) {
        let original = &self.maps.rows[&self.row["restates"]];
        let record = self.maps.record(&self.row["restates"]).to_owned();
        self.same("restates", &text(&self.node["id"]), &record);
        for column in ["basis", "nature", "qualifier", "period_end_or_as_of", "end_basis"] {
            self.same(column, &self.row[column], &original[column]);
        }
        self.restated_start(original);
        // Of the same metric or of another, for which the map has a record: never a second figure.
        let key = &self.maps.metrics[&self.row["metric"]];
        self.same("metric, in the map", &key["kind"], "indicator");
        if self.row["value_type"] == "text" {
            self.same("value", &self.row["value"], &county_names());
        } else {
            self.same("value", &text(&self.node["value"]), &self.row["value"]);
            self.same("value_type", &self.row["value_type"], &original["value_type"]);
            self.unit();
        }
        let differs = ["metric", "value", "period_start", "period_start_basis", "period_end_or_as_of", "end_basis"]
            .iter()
            .any(|column| self.row[*column] != original[*column]);
        let noted = self.citations().any(|citation| !text(&citation["note"]).is_empty());
        self.holds("notes", noted == differs, "a restatement has a note where it differs, and there alone");
        let said = self.row["notes"].as_str();
        let reworded = REWORDED.iter().any(|(id, _)| *id == self.row["id"]);
        let kept = self.citations().any(|citation| text(&citation["note"]).contains(said));
        self.holds("notes", said.is_empty() || kept != reworded, "the citation's note says what the seed's does");
        let further = list(&self.node["citations"]).iter().filter(|citation| citation["line"] != Value::Null);
        let lines: BTreeSet<_> = further.map(|citation| text(&citation["line"])).collect();
        self.holds("line", lines.contains(&original["line"]), "the original's line is cited too");
    }

    /// Said again of another time, the citation's remark says since when.
    fn restated_start(&mut self, original: &Row) {
        let same = ["period_start", "period_start_basis"].iter().all(|column| self.row[*column] == original[*column]);
        if !same {
            self.same("period_start_basis", &self.row["period_start_basis"], "implied, year only");
            let from = format!("from {}", self.row["period_start"].get(..4).unwrap_or("no year"));
            let said = self.citations().any(|citation| text(&citation["note"]).contains(&from));
            self.holds("period_start", said, "the citation's note says from when");
        }
    }
}

/// The names of the four counties, in short form, as the article's line 67 has them.
fn county_names() -> String {
    let counties = ask(COUNTIES);
    let names = list(&counties["node"]["members"]["nodes"]).iter();
    let names: Vec<_> = names.map(|county| text(&county["name"]).trim_end_matches('县').to_owned()).collect();
    names.join(",")
}

/// What stands for a code of the seed.
fn coded<'a>(codes: &[(&str, &'a str)], code: &str) -> &'a str {
    codes.iter().find(|(seed, _)| *seed == code).map_or("a code that no table has", |(_, ours)| ours)
}

#[test]
fn every_column_of_every_fact_is_answered_as_the_seed_has_it() {
    let maps = Maps::read();
    assert_eq!((maps.rows.len(), maps.facts.len()), (112, 112));
    none_disagree(maps.rows.keys().flat_map(|id| Fact::ask(&maps, id).disagreements()));
}

#[test]
fn no_figure_and_no_claim_of_the_article_is_there_that_no_fact_tells() {
    let maps = Maps::read();
    let told: BTreeSet<_> = maps.facts.values().map(|fact| fact["record"].clone()).collect();
    let cites = format!("filter: {{ citations: {{ some: {{ id: {{ eq: \"{ARTICLE}\" }} }} }} }}, first: 1000");
    let all =
        ask(&format!("{{ observations({cites}) {{ nodes {{ id }} }} statements({cites}) {{ nodes {{ id }} }} }}"));
    let kept = ["observations", "statements"].map(|kind| list(&all[kind]["nodes"]).to_vec()).concat();
    let untold: Vec<_> = kept.iter().map(|node| text(&node["id"])).filter(|id| !told.contains(id)).collect();
    assert!(kept.len() > 90 && untold.is_empty(), "{} kept, not told: {untold:?}", kept.len());
}

#[test]
fn facts_that_restate_one_figure_have_one_record_and_a_citation_each() {
    let maps = Maps::read();
    let restated: Vec<_> = maps.rows.values().filter(|row| !row["restates"].is_empty()).collect();
    for row in &restated {
        assert_eq!(maps.record(&row["id"]), maps.record(&row["restates"]), "{}", row["id"]);
        assert_eq!(maps.facts[&row["id"]]["field"], "citation", "{}", row["id"]);
    }
    let further = maps.facts.values().filter(|fact| fact["field"] == "citation").count();
    assert_eq!((restated.len(), further), (10, 10));
}

#[test]
fn every_figure_is_found_from_its_subject_and_from_its_indicator() {
    let all = ask("{ observations(first: 1000) { nodes { id
        subject { id observations(first: 1000) { nodes { id } } }
        indicator { id observations: figures(first: 1000) { nodes { id } } }
    } } }");
    let figures = list(&all["observations"]["nodes"]);
    assert_eq!(figures.len(), 79);
    let ends = figures.iter().flat_map(|figure| ["subject", "indicator"].map(|end| (figure, &figure[end])));
    let wrong = ends.filter(|(figure, end)| {
        let mut back = list(&end["observations"]["nodes"]).iter();
        !back.any(|found| found["id"] == figure["id"])
    });
    none_disagree(wrong.map(|(figure, end)| format!("{} is no figure of {}", figure["id"], end["id"])));
}
