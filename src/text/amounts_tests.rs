//! Amounts: what is read, and what is refused.

use super::*;

/// Value, qualifier and unit of an amount, as one text.
fn told(text: &str) -> Option<String> {
    let Amount { value, qualifier, unit, .. } = read(text)?;
    Some(format!("{value} {} {unit}", qualifier.unwrap_or("-")))
}

#[test]
fn amounts_are_read_as_people_write_them() {
    for (text, expected) in [
        ("126000000", "126000000 - "),
        ("1.26亿元", "126000000 - 元"),
        ("超3亿元", "300000000 MORE_THAN 元"),
        ("15万余名", "150000 MORE_THAN 名"),
        ("48,673人", "48673 - 人"),
        ("1,234,567.5", "1234567.5 - "),
        ("４８，６７３人", "48673 - 人"),
        ("近2000万", "20000000 NEARLY "),
        ("约 5 万 人", "50000 APPROXIMATELY 人"),
        ("3000人以上", "3000 AT_LEAST 人"),
        ("100户以下", "100 AT_MOST 户"),
        ("不足100户", "100 LESS_THAN 户"),
        ("不超过5％", "5 AT_MOST %"),
        ("突破1亿元", "100000000 MORE_THAN 元"),
        ("超过10多万元", "100000 MORE_THAN 元"),
        ("20多万亩", "200000 MORE_THAN 亩"),
        ("百分之八十五点五", "85.5 - %"),
        ("三千二百", "3200 - "),
        ("一百零五个", "105 - 个"),
        ("十二", "12 - "),
        ("二十五户", "25 - 户"),
        ("两万三千", "23000 - "),
        ("三点五亿", "350000000 - "),
        ("一万二千三百四十五", "12345 - "),
        ("3亿5000万元", "350000000 - 元"),
        ("2千万", "20000000 - "),
        ("3亿5千万元", "350000000 - 元"),
        ("3亿500万元", "305000000 - 元"),
        ("3万5千", "35000 - "),
        ("3亿5000万2000", "350002000 - "),
        ("1万2000", "12000 - "),
        ("一亿零二千", "100002000 - "),
        ("一亿二千万", "120000000 - "),
        ("3.5千万", "35000000 - "),
        ("两万亿", "2000000000000 - "),
        ("1.2万亿元", "1200000000000 - 元"),
        ("近百户", "100 NEARLY 户"),
        ("千余人", "1000 MORE_THAN 人"),
        ("100人左右", "100 APPROXIMATELY 人"),
        ("-0.5%", "-0.5 - %"),
        ("−3", "-3 - "),
        ("零", "0 - "),
        ("131个村", "131 - 个村"),
        ("48673万元", "486730000 - 元"),
        ("1 000", "1000 - "),
        ("12\u{a0}345 678.5 元", "12345678.5 - 元"),
        ("超 3 亿 元", "300000000 MORE_THAN 元"),
        (" 126 万元 ", "1260000 - 元"),
    ] {
        assert_eq!(told(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_not_surely_one_number_is_refused() {
    for text in [
        "",
        "元",
        "几百人",
        "数千",
        "上百户",
        "三五百",
        "五六百",
        "一百五",
        "三万五",
        "3万5",
        "3-5万",
        "3至5万",
        "3~5",
        "1,26亿",
        "12,34",
        "1.2.3",
        "1e6",
        "百户",
        "半",
        "3个半",
        "约3亿元以上",
        "超3亿元左右",
        "NaN",
        "#REF!",
        "3亿5",
        "1亿2000",
        "1亿2000元",
        "超1亿2000余元",
        "一亿二千",
        "一亿二千零五",
        "3亿5千",
        "一万亿三千",
        "1万2000亿",
        "1.5亿2000万",
        "1.5万2000",
        "1.5千三百",
        "1万500",
        "1亿20000万",
        "3亿05千",
        "十十",
        "百千",
        "一百零",
        "二〇二〇",
        "99999999999999999999999999999亿",
        "千分之三",
        "3/4",
        "五百分之一",
        "12345678901234567890123456789",
        // Two things that would be one without what stands between them.
        "10\n20",
        "12 5",
        "2 3亿",
        "1 3",
        "1  000",
        "1000 000",
        "1 0000",
        "1 000,000",
        "1,000 000",
        "3.5 000",
        "3 .5",
        "3亿 500",
        "3亿5 000",
        "三百 五十",
        "126\n万元",
        "12\t345",
    ] {
        assert_eq!(told(text), None, "{text}");
    }
}

#[test]
fn a_unit_fits_what_is_counted_or_nothing_is_read() {
    let fits =
        |text: &str, unit: &str, zh: Option<&str>| in_unit(&read(text).unwrap(), unit, zh).map(|it| it.to_string());
    assert_eq!(fits("1.26亿元", "yuan", Some("元")), Some("126000000".to_owned()));
    assert_eq!(fits("1.26亿元", "yuan", None), Some("126000000".to_owned()));
    assert_eq!(fits("1.26亿元", "10k yuan", Some("万元")), Some("12600".to_owned()));
    assert_eq!(fits("12600", "10k yuan", Some("万元")), Some("12600".to_owned()));
    assert_eq!(fits("1.26亿", "10k yuan", Some("万元")), None);
    assert_eq!(fits("15万余名", "person", Some("人")), Some("150000".to_owned()));
    assert_eq!(fits("131个", "village", Some("个村")), Some("131".to_owned()));
    assert_eq!(fits("131村", "village", Some("个村")), Some("131".to_owned()));
    assert_eq!(fits("7个", "enterprise", Some("家")), Some("7".to_owned()));
    assert_eq!(fits("85%", "percent", Some("%")), Some("85".to_owned()));
    assert_eq!(fits("3 mu", "mu", Some("亩")), Some("3".to_owned()));
    for (text, unit, zh) in [
        ("1.26亿元", "person", "人"),
        ("1.26亿美元", "yuan", "元"),
        ("100户", "person", "人"),
        ("100人", "attendance", "人次"),
        ("100个", "yuan", "元"),
        ("100公顷", "mu", "亩"),
        ("85%", "yuan", "元"),
        ("100个县", "village", "个村"),
    ] {
        assert_eq!(fits(text, unit, Some(zh)), None, "{text} for {zh}");
    }
}

#[test]
fn a_dropped_power_leaves_two_numbers_of_which_neither_is_guessed() {
    let either = |text: &str| either(text).map(|[with, without]| format!("{with} {without}"));
    for (text, expected) in [
        ("1亿2000元", "120000000 100002000"),
        ("超1亿2000余元", "120000000 100002000"),
        ("一亿二千", "120000000 100002000"),
        ("3亿5", "350000000 300000005"),
        ("3万5", "35000 30005"),
        ("三万五", "35000 30005"),
        ("一百五", "150 105"),
        ("两千三百五", "2350 2305"),
        ("3亿5千", "350000000 300005000"),
    ] {
        assert_eq!(either(text).as_deref(), Some(expected), "{text}");
        assert_eq!(told(text), None, "{text}");
    }
    for text in ["1亿2000万元", "12000", "一百五十", "一百五点五", "1万500", "几百", "1亿零2"] {
        assert_eq!(either(text), None, "{text}");
    }
}
