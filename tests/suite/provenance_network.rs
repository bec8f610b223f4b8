//! What a coverage and a withdrawal rest on is cited, though only counts are shown.

use serde_json::Value;

use crate::provenance::supported;
use crate::support::ask;

/// The pairings that help cities of Guizhou, by key: which, how each stands on a day, and its round.
fn of_guizhou(day: &str) -> Vec<(String, Vec<String>, String, String)> {
    let found = ask(&format!(
        "{{ pairings(first: 1000, filter: {{
            helped: {{ some: {{ onCity: {{ parent: {{ id: {{ eq: \"province:520000\" }} }} }} }} }}
            not: {{ form: {{ eq: COOPERATION }} }}
        }}) {{ nodes {{ id inForce(on: \"{day}\") round {{ id }} helped {{ id }} }} }} }}"
    ));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = found["pairings"]["nodes"].as_array().unwrap().iter().map(|node| {
        let helped = node["helped"].as_array().unwrap().iter().map(|party| text(&party["id"])).collect();
        (text(&node["id"]), helped, text(&node["inForce"]), text(&node["round"]["id"]))
    });
    each.collect()
}

#[test]
fn a_coverage_rests_on_what_is_counted_and_on_what_says_how_each_stands() {
    let mut rounds = 0;
    for (day, some_help) in [("2018-01-01", true), ("2021-03-01", true), ("1990-01-01", false), ("2040-01-01", true)] {
        let cities =
            ask("{ cities(first: 1000, filter: { parent: { id: { eq: \"province:520000\" } } }) { nodes { id } } }");
        let cities: Vec<_> = cities["cities"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect();
        let known = of_guizhou(day);
        let mut expected: Vec<String> = cities.clone();
        expected.push("province:520000".to_owned());
        for city in &cities {
            let of_it = known.iter().filter(|(_, helped, ..)| helped.contains(city));
            let (out, helping): (Vec<_>, Vec<_>) = of_it.partition(|(_, _, standing, _)| standing == "OUT");
            // That a city is not helped rests on the pairings that have ended, or not begun.
            for (id, _, standing, round) in if helping.is_empty() { out } else { helping } {
                expected.push(id.clone());
                expected.extend((standing != "CERTAIN" && !round.is_empty()).then(|| round.clone()));
            }
        }
        expected.sort();
        expected.dedup();
        let query =
            format!("{{ coverage(within: \"province:520000\", level: CITY, asOf: \"{day}\") {{ paired total }} }}");
        assert_eq!(supported(&query), expected, "{day}");
        assert_eq!(ask(&query)["coverage"]["paired"] != 0, some_help, "{day}");
        assert!(expected.iter().any(|id| id.starts_with("pairing:")), "{expected:?}");
        rounds += expected.iter().filter(|id| id.starts_with("programme:")).count();
    }
    assert!(rounds > 3, "{rounds}");
}

#[test]
fn a_coverage_by_a_programme_rests_on_what_makes_its_rounds_parts_of_it() {
    let by = |programme: &str| {
        supported(&format!(
            "{{ coverage(within: \"province:440000\", level: CITY, programme: \"{programme}\", asOf: \"2018-01-01\") {{ paired }} }}"
        ))
    };
    let chosen =
        |all: &[String], kind: &str| -> Vec<String> { all.iter().filter(|id| id.starts_with(kind)).cloned().collect() };
    let (own, above) = (by("programme:in-province"), by("programme:poverty-alleviation"));
    // The pairings of other programmes say nothing here.
    let known = ask("{ pairings(first: 1000, filter: {
            programme: { id: { eq: \"programme:in-province\" } }
            helped: { some: { onCity: { parent: { id: { eq: \"province:440000\" } } } } }
        }) { nodes { id } } }");
    let mut known: Vec<_> =
        known["pairings"]["nodes"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    known.sort();
    assert!(!known.is_empty());
    assert_eq!((chosen(&own, "pairing:"), chosen(&above, "pairing:")), (known.clone(), known));
    // The pairing says itself of which programme it is; of what that is a part, the programme says.
    assert!(!own.contains(&"programme:in-province".to_owned()), "{own:?}");
    assert!(above.contains(&"programme:in-province".to_owned()), "{above:?}");
}

#[test]
fn a_withdrawal_rests_on_its_ended_pairings_too() {
    let query = |day: &str| format!("{{ withdrawal(of: \"city:442000\", asOf: \"{day}\") {{ helped leftAlone }} }}");
    let ended = supported(&query("1980-01-01"));
    assert_eq!(ask(&query("1980-01-01"))["withdrawal"]["helped"], 0);
    let own = ask(
        "{ pairings(first: 1000, filter: { helpers: { some: { id: { eq: \"city:442000\" } } } }) { nodes { id round { id } } } }",
    );
    for node in own["pairings"]["nodes"].as_array().unwrap() {
        for id in [&node["id"], &node["round"]["id"]].into_iter().filter_map(Value::as_str) {
            assert!(ended.iter().any(|known| known == id), "{id} of {ended:?}");
        }
    }
    // Of one that is in force, those that are left as well.
    let today = supported(&query("2018-01-01"));
    assert!(today.contains(&"city:530600".to_owned()), "{today:?}");
}
