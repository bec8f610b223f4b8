use super::*;

fn ways(query: &str) -> Vec<String> {
    let way = |way: &Way| {
        let tokens: Vec<_> =
            way.tokens.iter().map(|token| String::from_utf8(token.bytes().to_vec()).unwrap()).collect();
        tokens.join("+")
    };
    Query::parse(query).unwrap().candidates().iter().map(way).collect()
}

#[test]
fn chinese_is_looked_up_by_pairs() {
    assert_eq!(ways("山"), ["c山"]);
    assert_eq!(ways("廣東省"), ["c东省+c广东"]);
}

#[test]
fn pinyin_is_looked_up_by_each_way_to_read_it() {
    let xian = ways("xian");
    for way in ["sxian", "sxiang", "sxi an", "cia+can+cxi"] {
        let mut tokens: Vec<_> = way.split('+').collect();
        tokens.sort_unstable();
        assert!(xian.contains(&tokens.join("+")), "{way}: {xian:?}");
    }
    assert_eq!(ways("xi'an").iter().filter(|way| way.contains("sxian")).count(), 0);
    assert!(ways("zs").contains(&"izs".to_owned()));
    let zhongs = ways("zhongs");
    assert!(zhongs.contains(&"szhong shan".to_owned()) && zhongs.contains(&"szhong si".to_owned()), "{zhongs:?}");
    assert!(!zhongs.iter().any(|way| way.ends_with("szhong") || way.contains("zong")), "{zhongs:?}");
    assert!(ways("zhong1s").contains(&"szhong shan".to_owned()) && !ways("zhong1s").contains(&"szhong".to_owned()));
    // A character is looked for by each of its readings, those of a traditional one among them.
    assert!(ways("中s").contains(&"c中+szhong shan".to_owned()) && ways("z山").contains(&"c山+szhong shan".to_owned()));
    assert!(
        ways("长sh").contains(&"c长+szhang shan".to_owned()) && ways("长sh").contains(&"c长+schang shan".to_owned())
    );
    assert!(ways("zshan").contains(&"szhong shan".to_owned()) && ways("zhsh").contains(&"szhong shan".to_owned()));
    // A tone is looked for by the characters that have it.
    assert!(ways("shan1").contains(&"c山".to_owned()) && !ways("shan1").contains(&"c陕".to_owned()));
    assert!(!ways("shan1").contains(&"sshan".to_owned()) && !ways("shān").contains(&"sshan".to_owned()));
    assert!(ways("zho").contains(&"szhong".to_owned()) && ways("z").contains(&"szao".to_owned()));
    assert!(ways("zsxlz").contains(&"ilz+isxl".to_owned()) || ways("zsxlz").contains(&"isxl+ixlz+izsx".to_owned()));
    assert!(ways("zhong1shan1").contains(&"szhong shan".to_owned()));
}

#[test]
fn there_are_never_many_ways() {
    let long = ["xian", "zhuang", "a1", "lüe", "nanan", "zhs", "中e", "gangan"];
    for piece in long {
        for times in 1..60 {
            let text: String = piece.chars().cycle().take(times).collect();
            let Ok(query) = Query::parse(&text) else { continue };
            let ways = query.candidates();
            assert!(ways.len() <= QUERY_WAYS + 1, "{text}: {}", ways.len());
            assert!(ways.iter().all(|way| !way.tokens.is_empty() && way.tokens.len() < 80));
        }
    }
    for text in ["zsh", "shzh", "shsh", "shshan", "z中", "yi4", "shā"] {
        assert!((10..=QUERY_WAYS).contains(&ways(text).len()), "{text}: {}", ways(text).len());
    }
    for letter in 'a'..='z' {
        assert!(ways(&letter.to_string()).len() <= QUERY_WAYS + 1);
    }
}

#[test]
fn a_way_of_one_token_tells_how_it_matches_where_nothing_is_left_to_look_at() {
    let told = |query: &str, token: &str| {
        let ways = Query::parse(query).unwrap().candidates();
        let is = |way: &&Way| matches!(way.tokens[..], [of] if *of.bytes() == *token.as_bytes());
        ways.iter().find(is).unwrap_or_else(|| panic!("{query}: {ways:?}")).told
    };
    for (query, token, kind) in [
        ("山", "c山", Kind::Text),
        ("中山", "c中山", Kind::Text),
        ("zs", "izs", Kind::Initials),
        ("zsx", "izsx", Kind::Initials),
        ("z", "szong", Kind::Initials),
        ("zh", "szhong", Kind::Initials),
        ("zho", "szhong", Kind::Partly),
        ("zhong", "szhong", Kind::Pinyin),
        ("a", "sa", Kind::Pinyin),
        ("a", "san", Kind::Initials),
        ("zhongshan", "szhong shan", Kind::Pinyin),
        ("zhongshan", "szhong shang", Kind::Partly),
        ("xi'an", "sxi an", Kind::Pinyin),
        ("zhs", "szhong shan", Kind::Initials),
        ("zhs", "szhong si", Kind::Initials),
        ("zsh", "szong shan", Kind::Initials),
        ("zshan", "szhong shan", Kind::Partly),
        ("zshan", "szhong shang", Kind::Partly),
        ("shan1", "c山", Kind::Pinyin),
        ("shān", "c山", Kind::Pinyin),
        ("shā", "c山", Kind::Partly),
        ("zhong1", "c中", Kind::Pinyin),
        ("zhòng", "c中", Kind::OtherReading),
        ("zhōn", "c中", Kind::Partly),
    ] {
        assert_eq!(told(query, token), Some(kind), "{query}: {token}");
    }
    // But beside some characters, where it is read otherwise.
    let ways = Query::parse("zhong1").unwrap().candidates();
    let of_one = ways.iter().find(|way| way.tokens == [Token::chars(&['中'])]).unwrap();
    assert!(of_one.unless.contains(&Token::chars(&['中', '标'])), "{of_one:?}");
    // A traditional character may have readings of its own, and two digits may be of two numbers.
    for (query, token) in [("gan1", "c干"), ("12", "c12")] {
        assert_eq!(told(query, token), None, "{query}: {token}");
    }
}
