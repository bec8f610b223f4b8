use super::*;

/// Names whose readings are known for certain, most of which a dictionary by character gets wrong.
const HARD: &str = "重庆 chóng qìng|六安 lù ān|长春 cháng chūn|乐亭 lào tíng|番禺 pān yú|蚌埠 bèng bù|东阿 dōng ē|\
大埔 dà bù|铅山 yán shān|浚县 xùn xiàn|洪洞 hóng tóng|单县 shàn xiàn|尉犁 yù lí|尉氏 wèi shì|盱眙 xū yí|黄陂 huáng pí|\
六合 lù hé|六合村 liù hé cūn|乐清 yuè qīng|乐山 lè shān|乐陵 lào líng|台州 tāi zhōu|天台县 tiān tāi xiàn|\
烟台 yān tái|丽水 lí shuǐ|丽江 lì jiāng|任丘 rén qiū|厦门 xià mén|亳州 bó zhōu|莘县 shēn xiàn|莘庄 xīn zhuāng|\
鄱阳 pó yáng|歙县 shè xiàn|黟县 yī xiàn|枞阳 zōng yáng|砀山 dàng shān|涡阳 guō yáng|濉溪 suī xī|郓城 yùn chéng|\
茌平 chí píng|莒县 jǔ xiàn|郯城 tán chéng|兖州 yǎn zhōu|临朐 lín qú|无棣 wú dì|曲阜 qū fù|曲靖 qǔ jìng|荥阳 xíng yáng|\
荥经 yíng jīng|犍为 qián wéi|筠连 jūn lián|郫都 pí dū|珙县 gǒng xiàn|邛崃 qióng lái|阆中 làng zhōng|儋州 dān zhōu|\
东莞 dōng guǎn|成都 chéng dū|江都 jiāng dū|都匀 dū yún|大连 dà lián|大城县 dài chéng xiàn|蔚县 yù xiàn|蠡县 lǐ xiàn|\
井陉 jǐng xíng|藁城 gǎo chéng|涿州 zhuō zhōu|隰县 xí xiàn|繁峙 fán shì|长治 cháng zhì|长子县 zhǎng zǐ xiàn|\
喀什 kā shí|什邡 shí fāng|焉耆 yān qí|柞水 zhà shuǐ|吴堡 wú bǔ|宕昌 tàn chāng|张掖 zhāng yè|百色 bǎi sè|\
郴州 chēn zhōu|耒阳 lěi yáng|攸县 yōu xiàn|秭归 zǐ guī|监利 jiàn lì|嵊州 shèng zhōu|鄞州 yín zhōu|衢州 qú zhōu|\
浒墅关 xǔ shù guān|甪直 lù zhí|邗江 hán jiāng|邳州 pī zhōu|睢宁 suī níng|武陟 wǔ zhì|渑池 miǎn chí|泌阳 bì yáng|\
柘城 zhè chéng|中牟 zhōng mù|珲春 hún chūn|宝坻 bǎo dǐ|闽侯 mǐn hòu|长乐 cháng lè|长汀 cháng tīng|婺源 wù yuán|\
余干 yú gān|新干 xīn gān|会昌 huì chāng|会稽 kuài jī|涪陵 fú líng|北碚 běi bèi|瓮安 wèng ān|勐海 měng hǎi|彝良 yí liáng|\
昭通 zhāo tōng|大涌 dà chōng|涌泉 yǒng quán|闵行 mǐn háng|太行 tài háng|华县 huà xiàn|华山 huà shān|化州 huà zhōu|\
若羌 ruò qiāng|且末 qiě mò|深圳 shēn zhèn|西藏 xī zàng|朝阳 cháo yáng|朝鲜族 cháo xiǎn zú|句容 jù róng|弥勒 mí lè|\
调兵山 diào bīng shān|石嘴山 shí zuǐ shān|重兴 chóng xīng|解放 jiě fàng|解州 hài zhōu|召陵 shào líng|南召 nán zhào|\
厦門 xià mén|重慶 chóng qìng|乾縣 qián xiàn|瞭望 liào wàng|萬柏林區 wàn bǎi lín qū|鮀浦 tuó pǔ|沈埨 shěn lǔn|大城子 dà chéng zǐ|吕梁 lǚ liáng";

fn written(sound: Sound) -> String {
    format!("{}{}", sound.letters(), sound.tone())
}

fn expected(syllable: &str) -> String {
    let (letters, tone) = parse(syllable);
    format!("{}{tone}", std::str::from_utf8(&letters.bytes[..usize::from(letters.length)]).unwrap())
}

#[test]
fn hard_names_are_read_right() {
    let mut wrong = Vec::new();
    for line in HARD.split('|') {
        let (name, reading) = line.split_once(' ').unwrap();
        let found: Vec<_> = right(&Folded::new(name)).into_iter().map(|sound| written(sound.unwrap())).collect();
        let wanted: Vec<_> = reading.split(' ').map(expected).collect();
        if found != wanted {
            wrong.push(format!("{name}: {found:?}, not {wanted:?}"));
        }
    }
    assert!(HARD.split('|').count() > 120);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_right_reading_comes_first_and_the_others_follow() {
    let all = |name| -> Vec<Vec<String>> {
        readings(&Folded::new(name)).into_iter().map(|list| list.into_iter().map(written).collect()).collect()
    };
    assert_eq!(all("重庆"), [vec!["chong2", "zhong4"], vec!["qing4"]]);
    assert_eq!(all("重要")[0], ["zhong4", "chong2"]);
    assert_eq!(all("a1"), [Vec::<String>::new(), Vec::new()]);
}

#[test]
fn what_words_read_their_characters_can_be() {
    let table = table();
    for word in &table.words {
        for (char, sound) in word.chars.iter().zip(&word.sounds) {
            let sounds = table.sounds(*char);
            assert!(sounds.iter().any(|other| other.same_letters(*sound)), "{char} of {:?}", word.chars);
        }
        assert_eq!(word.chars.len(), word.sounds.len());
        assert!(word.chars.len() > 1);
    }
}

#[test]
fn a_character_has_few_readings() {
    let table = table();
    assert!(table.words.len() > 400 && table.lists.len() > 3_000 && table.pool.len() < usize::from(u16::MAX));
    assert!(table.letters.len() < 1 << 12);
    for list in &table.lists {
        let sounds = &table.pool[usize::from(list.start)..][..usize::from(list.length)];
        let mut letters: Vec<_> = sounds.iter().filter(|sound| !sound.is_spelling()).map(|s| s.letters()).collect();
        letters.sort_unstable();
        letters.dedup();
        assert!(letters.len() <= 4 && sounds.len() <= 12, "{letters:?}");
        let mut spelled: Vec<_> = sounds.iter().map(|s| s.letters()).collect();
        spelled.sort_unstable();
        spelled.dedup();
        assert!(spelled.len() <= crate::text::tokens::SYLLABLES_MAX, "{spelled:?}");
    }
    let common: Vec<char> = ('一'..='\u{9fa5}').filter(|char| table.sounds(*char).is_empty()).collect();
    assert!(common.len() < 6_000, "{} characters without a reading", common.len());
}

#[test]
fn u_with_dots_is_also_written_without() {
    let folded = Folded::new("吕女略路");
    let spelled = |at: usize| sounds(folded.units()[at]).iter().map(|s| s.letters()).collect::<Vec<_>>();
    assert_eq!(spelled(0), ["lv", "lu", "lyu"]);
    assert!(spelled(1).contains(&"nyu") && spelled(2).contains(&"lue"));
    assert_eq!(spelled(3), ["lu"]);
}
