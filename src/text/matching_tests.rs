use super::*;
use crate::text::candidates::Way;
use crate::text::query::QueryError;
use crate::text::standing::Spot;
use crate::text::tokens::{Kept, Token, is_common, kept, tokens};

fn found(query: &str, name: &str) -> Option<(Place, Kind, String)> {
    let folded = Folded::new(name);
    let found = Query::parse(query).unwrap().matches(&folded)?;
    Some((found.place, found.kind, folded.pieces(found.span).matched.to_owned()))
}

#[test]
fn what_a_user_types_finds_the_name() {
    use {Kind::*, Place::*};
    for (query, name, place, kind, matched) in [
        ("中山市", "中山市", Exact, Text, "中山市"),
        ("中山", "中山市", Stem, Text, "中山"),
        ("山", "中山市", Inside, Text, "山"),
        ("臺灣", "台湾省", Stem, Text, "台湾"),
        ("台湾", "臺灣省", Stem, Text, "臺灣"),
        ("景东", "景东彝族自治县", Stem, Text, "景东"),
        ("山小", "中山（小榄）", Inside, Text, "山（小"),
        ("zhongshan", "中山市", Stem, Pinyin, "中山"),
        ("zhong shan", "中山市", Stem, Pinyin, "中山"),
        ("Zhōngshān", "中山市", Stem, Pinyin, "中山"),
        ("Zho\u{304}ngsha\u{304}n", "中山市", Stem, Pinyin, "中山"),
        ("ZHONG1SHAN1", "中山市", Stem, Pinyin, "中山"),
        ("zhong1shan", "中山市", Stem, Pinyin, "中山"),
        ("zhongshanshi", "中山市", Exact, Pinyin, "中山市"),
        ("zs", "中山市", Stem, Initials, "中山"),
        ("zhs", "中山市", Stem, Initials, "中山"),
        ("zss", "中山市", Exact, Initials, "中山市"),
        ("z", "中山市", Prefix, Initials, "中"),
        ("zhongs", "中山市", Stem, Partly, "中山"),
        ("zshan", "中山市", Stem, Partly, "中山"),
        ("zhshan", "中山市", Stem, Partly, "中山"),
        ("zhongsha", "中山市", Stem, Partly, "中山"),
        ("zho", "中山市", Prefix, Partly, "中"),
        ("中shan", "中山市", Stem, Pinyin, "中山"),
        ("zhong山", "中山市", Stem, Pinyin, "中山"),
        ("中s", "中山市", Stem, Partly, "中山"),
        ("xian", "西安市", Stem, Pinyin, "西安"),
        ("xi'an", "西安市", Stem, Pinyin, "西安"),
        ("xīān", "西安市", Stem, Pinyin, "西安"),
        ("xian", "县", Exact, Pinyin, "县"),
        ("xian", "乡", Exact, Partly, "乡"),
        ("fangan", "方案", Exact, Pinyin, "方案"),
        ("fangan", "反感", Exact, Pinyin, "反感"),
        ("chongqing", "重庆市", Stem, Pinyin, "重庆"),
        ("zhongqing", "重庆市", Stem, OtherReading, "重庆"),
        ("luan", "六安市", Stem, Pinyin, "六安"),
        ("liuan", "六安市", Stem, OtherReading, "六安"),
        ("lvliang", "吕梁市", Stem, Pinyin, "吕梁"),
        ("lüliang", "吕梁市", Stem, Pinyin, "吕梁"),
        ("lu:liang", "吕梁市", Stem, Pinyin, "吕梁"),
        ("luliang", "吕梁市", Stem, Pinyin, "吕梁"),
        ("lyuliang", "吕梁市", Stem, Pinyin, "吕梁"),
        ("Lǚliáng", "吕梁市", Stem, Pinyin, "吕梁"),
        ("zhongshan", "Zhongshan City", Stem, Text, "Zhongshan"),
        ("zhongshan c", "Zhongshan City", Prefix, Text, "Zhongshan C"),
        ("city", "Zhongshan City", Inside, Text, "City"),
        ("urumqi", "Ürümqi", Exact, Text, "Ürümqi"),
        ("318", "G318国道", Inside, Text, "318"),
        ("31", "G318国道", Inside, Text, "31"),
        ("1.2", "长1-2号", Inside, Text, "1-2"),
        ("12", "长12.5号", Inside, Text, "12"),
        ("2", "长1-2号", Inside, Text, "2"),
        ("chang1.2", "长1-2号", Prefix, Pinyin, "长1-2"),
        ("g318 guo", "G318国道", Prefix, Text, ""),
        ("2hao", "2号", Exact, Pinyin, "2号"),
        ("hao1", "2号", Exact, Pinyin, ""),
    ] {
        let found = found(query, name);
        if matched.is_empty() {
            assert_eq!(found, None, "{query} {name}");
        } else {
            assert_eq!(found, Some((place, kind, matched.to_owned())), "{query} {name}");
        }
    }
}

#[test]
fn what_does_not_fit_is_not_found() {
    for (query, name) in [
        ("东莞", "中山市"),
        ("xi an", "县"),
        ("zhong1shan4", "中山市"),
        ("Zhōngshàn", "中山市"),
        ("shzh", "中山市"),
        ("zhongshansh1", "中山市"),
        ("hongshan", "Zhongshan City"),
        ("18", "G318国道"),
        ("12", "长1-2号"),
        ("12", "长1.2号"),
        ("1.2", "长12号"),
        ("1 2", "长12号"),
        ("chang12", "长1-2号"),
        ("zong", "中山市"),
        ("lu4liang", "吕梁市"),
        ("中山市", "中山"),
        ("a", ""),
        ("a", "（）"),
    ] {
        assert_eq!(found(query, name), None, "{query} {name}");
    }
}

#[test]
fn texts_that_are_no_query_are_refused() {
    assert_eq!(Query::parse(" ·（"), Err(QueryError::Empty));
    assert!(Query::parse(&"z".repeat(60)).is_ok());
    assert_eq!(Query::parse(&"中".repeat(61)), Err(QueryError::TooLong));
    assert_eq!(found(&"z".repeat(60), &"中".repeat(60)).map(|found| found.0), Some(Place::Exact));
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}

const CHARS: [&str; 24] = [
    "中", "山", "重", "庆", "長", "乐", "吕", "西", "安", "县", "方", "反", "感", "市", "a", "Zh", "s", " ", "1", "4",
    "鄂", "略", "重庆", "西安",
];

const PIECES: [&str; 14] = ["xi", "an", "z", "h", "zh", "a", "1", "中", "chong", " ", "e", "g", "lu", "v"];

fn name(dice: &mut Dice) -> String {
    (0..1 + dice.below(5)).map(|_| *dice.pick(&CHARS)).collect()
}

/// A query that is made of a name, as a user would, or of anything.
fn query(dice: &mut Dice, name: &str) -> String {
    let folded = Folded::new(name);
    let units = folded.units();
    let mut text = String::new();
    if units.is_empty() || dice.below(8) == 0 {
        for _ in 0..1 + dice.below(4) {
            text.push_str(dice.pick::<&str>(&PIECES));
        }
        return text;
    }
    let start = dice.below(units.len());
    for unit in &units[start..start + 1 + dice.below(units.len() - start)] {
        let sounds = sounds(*unit);
        if sounds.is_empty() || dice.below(4) == 0 {
            text.push(unit.char);
        } else {
            let sound = dice.pick(sounds);
            let letters = sound.letters();
            match dice.below(6) {
                0 => text.push_str(&letters[..1]),
                1 => text.push_str(&letters[..letters.len().min(2)]),
                2 => text.push_str(&format!("{letters}{}", if dice.below(4) == 0 { 3 } else { sound.tone() })),
                _ => text.push_str(letters),
            }
        }
        if dice.below(6) == 0 {
            text.push(' ');
        }
    }
    text
}

/// Every way in which a query can match a name, found by trying all of them.
struct Naive<'q> {
    query: &'q Query,
    units: &'q [Unit],
    /// The sounds that a character may have here.
    sounds: Vec<Vec<Sound>>,
    found: Vec<(Kind, Range<usize>)>,
}

impl Naive<'_> {
    /// Goes on from a character of the name and an atom of the query; `used` tells how the ones before were matched.
    fn go(&mut self, start: usize, at: usize, from: usize, used: &str) {
        let atoms = &self.query.atoms;
        if from == atoms.len() {
            let kind = match used {
                _ if used.bytes().all(|how| how == b't') => Kind::Text,
                _ if used.bytes().all(|how| how == b'i') => Kind::Initials,
                _ if used.bytes().all(|how| how == b't' || how == b's') => Kind::Pinyin,
                _ => Kind::Partly,
            };
            self.found.push((kind, start..at));
            return;
        }
        let Some(unit) = self.units.get(at) else { return };
        // A number goes on in the name where it does in the query.
        let digits = |at: usize| self.units[at].char.is_numeric() && self.units[at].char != '〇';
        let number = at > start && digits(at) && digits(at - 1);
        let fits = if number { unit.starts == atoms[from].breaks } else { at > start || unit.starts };
        if atoms[from].letter == 0 && unit.char == atoms[from].char && fits {
            self.go(start, at + 1, from + 1, &format!("{used}t"));
        }
        for sound in self.sounds[at].clone() {
            for to in from + 1..=atoms.len() {
                let mut piece = atoms[from..to].to_vec();
                if piece[1..].iter().any(|atom| atom.breaks) {
                    break;
                }
                let mut given: Vec<u8> = piece.iter().map(|atom| atom.tone).filter(|tone| *tone > 0).collect();
                let digit = piece.last().filter(|atom| atom.letter == 0 && piece.len() > 1).map(|atom| atom.char);
                if let Some(digit) = digit {
                    let Some(tone) = digit.to_digit(10).filter(|digit| *digit < 6) else { continue };
                    given.push(tone as u8 % 5);
                    piece.pop();
                }
                let typed: String = piece.iter().map(|atom| char::from(atom.letter)).collect();
                if given.iter().any(|tone| *tone != sound.tone()) {
                    continue;
                }
                let letters = sound.letters();
                let initial = digit.is_none()
                    && given.is_empty()
                    && (letters.starts_with(&typed) && typed.len() == 1
                        || ["zh", "ch", "sh"].contains(&typed.as_str()) && letters.starts_with(&typed));
                if typed == letters {
                    self.go(start, at + 1, to, &format!("{used}s"));
                }
                if initial {
                    self.go(start, at + 1, to, &format!("{used}i"));
                }
                if !initial && digit.is_none() && to == atoms.len() && typed != letters && letters.starts_with(&typed) {
                    self.go(start, at + 1, to, &format!("{used}p"));
                }
            }
        }
    }
}

/// The rank of the best match by trying everything.
fn naive(query: &Query, name: &Folded<'_>) -> Option<(u8, Kind, usize, usize)> {
    let units = name.units();
    let stem = name.units_before(names::stem(name.original()).len());
    let rank = |(kind, span): &(Kind, Range<usize>)| {
        let place = match (span.start, span.end) {
            (0, end) if end == units.len() => Place::Exact,
            (0, end) if end == stem => Place::Stem,
            (0, _) => Place::Prefix,
            _ => Place::Inside,
        };
        let grades = if matches!(kind, Kind::Text | Kind::Pinyin) { [0, 1, 3, 6] } else { [2, 4, 5, 7] };
        (grades[place as usize], *kind, span.start, span.end)
    };
    let all = |sounds: Vec<Vec<Sound>>, other: bool| {
        let mut naive = Naive { query, units, sounds, found: Vec::new() };
        (0..units.len()).for_each(|start| naive.go(start, start, 0, ""));
        let kind = |kind| if other { Kind::OtherReading } else { kind };
        naive.found.into_iter().map(|(found, span)| rank(&(kind(found), span))).min()
    };
    let text = (0..units.len()).find(|start| {
        let rest = &units[*start..];
        units[*start].starts
            && rest.len() >= query.atoms.len()
            && rest.iter().zip(&query.atoms).enumerate().all(|(at, (unit, atom))| {
                let digits =
                    at > 0 && [unit, &rest[at - 1]].iter().all(|unit| unit.char.is_numeric() && unit.char != '〇');
                unit.char == atom.char && (!digits || unit.starts == atom.breaks)
            })
    });
    let text = text.map(|start| rank(&(Kind::Text, start..start + query.atoms.len())));
    let (mut loose, mut strict) = (None, None);
    if query.has_letters {
        loose = all(units.iter().map(|unit| sounds(*unit).to_vec()).collect(), true);
        let right = readings::right(name);
        strict =
            all(units.iter().zip(right).map(|(unit, right)| right_sounds(*unit, right).collect()).collect(), false);
    }
    [text, strict, loose].into_iter().flatten().min()
}

#[test]
fn it_agrees_with_trying_everything_and_candidates_miss_nothing() {
    let mut dice = Dice(1);
    let (mut matched, mut kinds) = (0, std::collections::BTreeMap::new());
    for round in 0..40_000 {
        let name = name(&mut dice);
        let text = query(&mut dice, &name);
        let folded = Folded::new(&name);
        let Ok(query) = Query::parse(&text) else { continue };
        let found = query.matches(&folded);
        let rank = found.as_ref().map(|found| {
            let (grade, kind, start, end) = found.rank();
            (grade as u8, kind, start, end)
        });
        assert_eq!(rank, naive(&query, &folded), "round {round}: {text:?} in {name:?}");
        let Some(found) = found else { continue };
        matched += 1;
        *kinds.entry((found.place, found.kind)).or_insert(0) += 1;
        let mut kept = Vec::new();
        tokens(&folded, &mut kept);
        let ways = query.candidates();
        let has = |way: &Way| way.tokens.iter().all(|token| kept.binary_search(token).is_ok());
        assert!(ways.iter().any(has), "{text:?} misses {name:?}: {ways:?}");
        assert!(ways.iter().all(|way| !way.tokens.is_empty()), "{text:?} finds everything: {ways:?}");
        if found.place != Place::Inside {
            let mut standing = Vec::new();
            crate::text::tokens::kept(&folded, &mut standing);
            let begins =
                |token: &Token| standing.iter().any(|kept: &Kept| kept.token() == *token && kept.standing().begins());
            let has = |way: &Way| has(way) && way.begins.iter().any(begins);
            assert!(ways.iter().any(has), "{text:?} misses the beginning of {name:?}: {ways:?}");
        }
    }
    assert!(matched > 15_000 && kinds.len() >= 16, "{matched}, {kinds:?}");
}

/// What the tokens that a name is kept under tell of a query: nothing where they leave it open; else whether it matches, and how.
fn told(query: &Query, name: &Folded<'_>) -> Option<Option<Spot>> {
    let mut list = Vec::new();
    kept(name, &mut list);
    let standing = |token: &Token| list.iter().find(|kept| kept.token() == *token).map(|kept| kept.standing());
    let mut best: Option<Spot> = None;
    for way in query.candidates() {
        let Some(kind) = way.told else {
            if way.tokens.iter().all(|token| is_common(*token) || standing(token).is_some()) {
                return None;
            }
            continue;
        };
        let Some(standing) = standing(&way.tokens[0]) else {
            if is_common(way.tokens[0]) {
                return None;
            }
            continue;
        };
        if way.unless.iter().any(|token| list.iter().any(|kept| kept.token() == *token)) {
            return None;
        }
        let Some(spot) = standing.spot(kind).ok()? else { continue };
        best = Some(match best {
            Some(best) => best.or(&spot)?,
            None => spot,
        });
    }
    Some(best)
}

#[test]
fn what_the_tokens_tell_is_what_a_look_at_the_name_tells() {
    let mut dice = Dice(2);
    let endings = ["", "", "市", "村民委员会", "社区居委会", " City", "重庆街道", "社区"];
    let short = [
        "z", "zs", "zsx", "zh", "cq", "zq", "an", "xian", "le", "lv", "lu", "s", "中", "庆市", "a", "csq", "sq", "yue",
        "zhongs", "zhong1", "zhòng", "chang2", "shā", "le4", "yue4", "an1", "lü3",
    ];
    let (mut sure, mut kinds) = (0, std::collections::BTreeMap::new());
    for round in 0..60_000 {
        let name = name(&mut dice) + *dice.pick::<&str>(&endings);
        let text = if dice.below(2) == 0 { query(&mut dice, &name) } else { (*dice.pick::<&str>(&short)).to_owned() };
        let folded = Folded::new(&name);
        let Ok(query) = Query::parse(&text) else { continue };
        let Some(spot) = told(&query, &folded) else { continue };
        let found = query.matches(&folded);
        let length = name.chars().count() as u8;
        let expected = found.map(|Match { place, kind, span }| Spot { place, kind, length, start: span.start as u8 });
        assert_eq!(spot, expected, "round {round}: {text:?} in {name:?}");
        sure += 1;
        if let Some(Spot { place, kind, .. }) = spot {
            *kinds.entry((place, kind)).or_insert(0) += 1;
        }
    }
    assert!(sure > 30_000 && kinds.len() == 20, "{sure}, {}: {kinds:?}", kinds.len());
}

#[test]
fn a_token_that_stands_too_far_in_is_looked_for_in_the_name() {
    for (before, far) in [(30, false), (31, true), (100, true)] {
        let name = format!("{}中山市", "西".repeat(before));
        let spot = told(&Query::parse("中山").unwrap(), &Folded::new(&name));
        let length = name.chars().count() as u8;
        let found = Spot { place: Place::Inside, kind: Kind::Text, length, start: before as u8 };
        assert_eq!(spot, (!far).then_some(Some(found)), "{before}");
    }
}
