use super::*;

fn ways(query: &str) -> Vec<String> {
    let way = |way: &Vec<Token>| {
        let tokens: Vec<_> = way.iter().map(|token| String::from_utf8(token.bytes().to_vec()).unwrap()).collect();
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
    for way in ["sxian", "sxiang", "sxi an+ixa", "cia+can+cxi"] {
        let mut tokens: Vec<_> = way.split('+').collect();
        tokens.sort_unstable();
        assert!(xian.contains(&tokens.join("+")), "{way}: {xian:?}");
    }
    assert_eq!(ways("xi'an").iter().filter(|way| way.contains("sxian")).count(), 0);
    assert!(ways("zs").contains(&"izs".to_owned()));
    assert!(ways("zhongs").contains(&"izs+szhong".to_owned()));
    assert!(ways("中s").contains(&"c中".to_owned()));
    assert!(ways("zho").contains(&"szhong".to_owned()) && ways("z").contains(&"szao".to_owned()));
    assert!(ways("zsxlz").contains(&"ilz+isxl".to_owned()) || ways("zsxlz").contains(&"isxl+ixlz+izsx".to_owned()));
    assert!(ways("zhong1shan1").contains(&"izs+szhong shan".to_owned()));
}

#[test]
fn there_are_never_many_ways() {
    let long = ["xian", "zhuang", "a1", "lüe", "nanan", "zhs", "中e", "gangan"];
    for piece in long {
        for times in 1..60 {
            let text: String = piece.chars().cycle().take(times).collect();
            let Ok(query) = Query::parse(&text) else { continue };
            let ways = query.candidates();
            assert!(ways.len() <= QUERY_READINGS + 1, "{text}: {}", ways.len());
            assert!(ways.iter().all(|way| !way.is_empty() && way.len() < 80));
        }
    }
    for letter in 'a'..='z' {
        assert!(ways(&letter.to_string()).len() <= QUERY_READINGS + 1);
    }
}
