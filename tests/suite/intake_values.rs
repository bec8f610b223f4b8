//! Values as people write them, in the cells of a table.

use jiedui::exchange::intake::Fault;
use serde_json::{Value, json};

use crate::intake::{Place, named};

/// Imports one figure, and gives its value and qualifier, or what is told.
fn figure(place: &Place, indicator: &str, value: &str, qualifier: Option<&str>) -> Result<(Value, Value), String> {
    let (heading, cell) = qualifier.map_or((String::new(), String::new()), |it| (",限定".to_owned(), format!(",{it}")));
    let text = format!(
        "id,subject,indicator,value,nature,basis,period.end{heading}\nobservation:x,city:442000,{indicator},\"{value}\",实际,明载,2020年{cell}\n"
    );
    let told = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    place.import(named("observations.csv", text)).map_err(told)?;
    Ok((place.field("observation:x", "value"), place.field("observation:x", "qualifier")))
}

#[test]
fn figures_become_exact_values_with_qualifiers() {
    for (indicator, value, qualifier, expected) in [
        ("fiscal-aid", "1.26亿元", None, ("126000000", Some("EXACT"))),
        ("fiscal-aid", "超3亿元", None, ("300000000", Some("MORE_THAN"))),
        ("fiscal-aid", "超3亿元", Some(""), ("300000000", Some("MORE_THAN"))),
        ("fiscal-aid", "超3亿元", Some("超过"), ("300000000", Some("MORE_THAN"))),
        ("fiscal-aid", "300000000", Some("MORE_THAN"), ("300000000", Some("MORE_THAN"))),
        ("fiscal-aid", "300000000", None, ("300000000", Some("EXACT"))),
        // An empty cell clears, also where the value is plain digits.
        ("fiscal-aid", "300000000", Some(""), ("300000000", None)),
        ("people-sent", "15万余名", None, ("150000", Some("MORE_THAN"))),
        ("people-sent", "48,673人", None, ("48673", Some("EXACT"))),
        ("people-sent", "近2000万", None, ("20000000", Some("NEARLY"))),
        ("people-sent", "三千二百人以上", None, ("3200", Some("AT_LEAST"))),
        ("area", "不足1.5万亩", None, ("15000", Some("LESS_THAN"))),
        ("medical-insurance-rate", "１００％", None, ("100", Some("EXACT"))),
        ("medical-insurance-rate", "百分之九十九点八", None, ("99.8", Some("EXACT"))),
        ("town-groups", "7个", None, ("7", Some("EXACT"))),
    ] {
        let place = Place::new();
        let expected = (json!(expected.0), expected.1.map_or(Value::Null, |name| json!(name)));
        assert_eq!(figure(&place, indicator, value, qualifier), Ok(expected), "{value} {qualifier:?}");
    }
}

#[test]
fn what_is_not_surely_a_figure_is_refused() {
    let place = Place::new();
    let amount = "expected an amount such as 126000000, 1.26亿元, 超3亿元 or 15万余, found";
    for (indicator, value, qualifier, expected) in [
        ("fiscal-aid", "几百万元", None, format!("column value: {amount} \"几百万元\"")),
        (
            "fiscal-aid",
            "1亿2000元",
            None,
            format!("column value: {amount} \"1亿2000元\", which may be 120000000 or 100002000; write which"),
        ),
        ("fiscal-aid", "3-5亿元", None, format!("column value: {amount} \"3-5亿元\"")),
        ("fiscal-aid", "48673人", None, "column value: expected an amount in the indicator's unit, yuan (元), found \"48673人\"".to_owned()),
        ("people-sent", "1.26亿元", None, "column value: expected an amount in the indicator's unit, person (人), found \"1.26亿元\"".to_owned()),
        ("people-sent", "85%", None, "column value: expected an amount in the indicator's unit, person (人), found \"85%\"".to_owned()),
        (
            "fiscal-aid",
            "超3亿元",
            Some("EXACT"),
            "column value: expected MORE_THAN, which is what the wording \"超3亿元\" says, found EXACT; change one of the two".to_owned(),
        ),
        (
            "fiscal-aid",
            "3亿元",
            Some("以下"),
            "column 限定: expected one of 确数 (EXACT), 超过 (MORE_THAN), 以上 (AT_LEAST), 不足 (LESS_THAN), 不超过 (AT_MOST), 接近 (NEARLY), 约 (APPROXIMATELY), found \"以下\"; perhaps 以上".to_owned(),
        ),
    ] {
        let told = figure(&place, indicator, value, qualifier).unwrap_err();
        assert_eq!(told, format!("observations.csv, line 2, {expected}"));
    }
}

#[test]
fn a_bound_that_stood_before_is_not_taken_over_in_silence() {
    let place = Place::new();
    figure(&place, "fiscal-aid", "超3亿元", None).unwrap();
    let told = figure(&place, "fiscal-aid", "320000000", None).unwrap_err();
    assert!(told.contains("expected a column for the qualifier: so far it is MORE_THAN"), "{told}");
    assert_eq!(figure(&place, "fiscal-aid", "300000000", None), Ok((json!("300000000"), json!("MORE_THAN"))));
    assert_eq!(figure(&place, "fiscal-aid", "3.2亿元", None), Ok((json!("320000000"), json!("EXACT"))));
}

#[test]
fn a_table_of_values() {
    for (file, columns, cells, field, expected) in [
        ("groups.csv", "id,size", "group:buildings10,15余", "sizeQualifier", json!("MORE_THAN")),
        ("groups.csv", "id,size", "group:buildings10,二十五", "size", json!(25)),
        ("groups.csv", "id,membersComplete", "group:buildings10,是", "membersComplete", json!(true)),
        ("groups.csv", "id,memberKind", "group:buildings10,劳务工作站", "memberKind", json!("LABOR_STATION")),
        ("groups.csv", "id,aliases", "group:buildings10,甲;乙", "aliases", json!(["甲", "乙"])),
        ("groups.csv", "id,aliases", "group:buildings10,甲；乙;丙", "aliases", json!(["甲", "乙", "丙"])),
        ("groups.csv", "id,aliases", "group:buildings10,甲、乙", "aliases", json!(["甲、乙"])),
        ("groups.csv", "id,aliases", "group:buildings10,", "aliases", Value::Null),
        ("events.csv", "id,start", "event:apple-fair,2020年9月7日", "start", json!("2020-09-07")),
        ("events.csv", "id,start", "event:apple-fair,2020/9/7", "start", json!("2020-09-07")),
        ("events.csv", "id,start", "event:apple-fair,2020.9", "start", json!("2020-09")),
        ("events.csv", "id,start", "event:apple-fair,约2020年", "start", json!("2020~")),
        (
            "events.csv",
            "id,hosts",
            "event:apple-fair,city:442000、530600",
            "hosts",
            json!(["city:442000", "city:530600"]),
        ),
        ("cities.csv", "id,latitude", "442000,22.5", "latitude", json!(22.5)),
        (
            "projects-funders.csv",
            "id,node,amount",
            "project:blueberry-base,442000,1.2万元",
            "funders",
            json!([{"node": "city:442000", "amount": "12000"}]),
        ),
    ] {
        let place = Place::new();
        place.import(named(file, format!("{columns}\n{cells}\n"))).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let id = cells.split(',').next().unwrap();
        let id = if id.contains(':') { id.to_owned() } else { format!("city:{id}") };
        assert_eq!(place.field(&id, field), expected, "{cells}");
    }
}

#[test]
fn a_table_of_values_that_are_refused() {
    let place = Place::new();
    for (file, columns, cells, expected) in [
        (
            "groups.csv",
            "id,size",
            "group:buildings10,15栋",
            "column size: expected a number without a unit, found \"15栋\"",
        ),
        ("groups.csv", "id,size", "group:buildings10,99999999999", "column size: expected a whole number of 32 bits"),
        (
            "groups.csv",
            "id,membersComplete",
            "group:buildings10,也许",
            "column membersComplete: expected true or false, 是 or 否, found \"也许\"",
        ),
        ("groups.csv", "id,memberKind", "group:buildings10,villages", "column memberKind: expected one of REGION,"),
        ("events.csv", "id,start", "event:apple-fair,9/7/2020", "column start: expected a date such as 2016,"),
        ("events.csv", "id,start", "event:apple-fair,2020年底", "column start: expected a date such as 2016,"),
        ("events.csv", "id,start", "event:apple-fair,2020-1 2", "column start: expected a date such as 2016,"),
        (
            "events.csv",
            "id,start",
            "event:apple-fair,2020.1",
            "column start: expected a date; write 2020-01 or 2020-10, since 2020.1 may be either, found \"2020.1\"",
        ),
        (
            "groups.csv",
            "id,size",
            "group:buildings10,1 3",
            "column size: expected an amount such as 126000000, 1.26亿元, 超3亿元 or 15万余, found \"1 3\"",
        ),
        ("cities.csv", "id,latitude", "442000,22 5", "column latitude: expected a number, found \"22 5\""),
        (
            "groups-members.csv",
            "id,node",
            "group:buildings10,442 000",
            "column node: expected one id of a Node, found \"442 000\"",
        ),
        ("cities.csv", "id,latitude", "442000,north", "column latitude: expected a number, found \"north\""),
        (
            "projects-funders.csv",
            "id,node,amount",
            "project:blueberry-base,442000,100户",
            "column amount: expected an exact amount in yuan",
        ),
        (
            "projects-funders.csv",
            "id,node,amount",
            "project:blueberry-base,442000,超100元",
            "column amount: expected an exact amount in yuan",
        ),
    ] {
        let told = place.refused(file, format!("{columns}\n{cells}\n"));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(&format!("{file}, line 2, {expected}")), "{told:?}");
    }
}
