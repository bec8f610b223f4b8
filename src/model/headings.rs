//! What the keepers of the data call fields and values in Chinese: the headings of their tables and the words in their cells.
//!
//! A name means the same on every kind, so it is said once here; two tests hold this to the catalog.

use super::closed::Closed;

/// The id of a record, which is no field.
pub const ID: &str = "编号";
/// The target of an edge that has a table of its own.
pub const NODE: &str = "对象";

/// The Chinese name of every stored field, by its GraphQL name.
const FIELDS: &[(&str, &str)] = &[
    ("abolished", "撤销日期"),
    ("affiliations", "所属机构"),
    ("aliases", "别名"),
    ("amount", "金额"),
    ("anonymous", "名称系代拟"),
    ("authors", "作者"),
    ("basis", "依据"),
    ("brokers", "牵线方"),
    ("citations", "引用"),
    ("code", "代码"),
    ("codes", "历次代码"),
    ("completed", "完工日期"),
    ("counterpart", "对方"),
    ("division", "区划类型"),
    ("edition", "版次"),
    ("end", "结束"),
    ("endBasis", "结束依据"),
    ("extent", "范围"),
    ("field", "字段"),
    ("follows", "接续"),
    ("form", "形式"),
    ("formerNames", "曾用名"),
    ("formerParent", "原上级区划"),
    ("founded", "成立日期"),
    ("founders", "创办人"),
    ("funders", "出资方"),
    ("heldIn", "举办地"),
    ("helped", "受帮扶方"),
    ("helpers", "帮扶方"),
    ("holds", "是否成立"),
    ("hosts", "主办方"),
    ("indicator", "指标"),
    ("industry", "行业"),
    ("issuedBy", "发布方"),
    ("kind", "类别"),
    ("lastSeen", "最后见载"),
    ("latitude", "纬度"),
    ("leftOut", "不含部分"),
    ("license", "许可"),
    ("line", "行"),
    ("longitude", "经度"),
    ("memberKind", "成员类别"),
    ("members", "成员"),
    ("membersComplete", "成员齐全"),
    ("money", "资金类别"),
    ("name", "名称"),
    ("nameEn", "英文名"),
    ("nature", "性质"),
    ("note", "备注"),
    ("object", "客体"),
    ("on", "日期"),
    ("opened", "启用日期"),
    ("operator", "运营方"),
    ("origin", "产地"),
    ("pairedLevels", "结对层级"),
    ("pairing", "结对"),
    ("parent", "上级区划"),
    ("partOf", "所属"),
    ("parties", "签约方"),
    ("perUnit", "每单位"),
    ("period", "时段"),
    ("possiblyPartOf", "可能所属"),
    ("predecessors", "前身"),
    ("predicate", "谓词"),
    ("printed", "原文"),
    ("products", "产品"),
    ("programme", "帮扶行动"),
    ("published", "发布日期"),
    ("publisher", "发布机构"),
    ("qualifier", "限定"),
    ("region", "所在地"),
    ("role", "角色"),
    ("round", "轮次"),
    ("section", "章节"),
    ("sector", "领域"),
    ("sha256", "摘要值"),
    ("share", "份数"),
    ("signed", "签约日期"),
    ("signedAt", "签约活动"),
    ("since", "起始"),
    ("size", "数量"),
    ("sizeQualifier", "数量限定"),
    ("source", "来源"),
    ("start", "开始"),
    ("startBasis", "开始依据"),
    ("subject", "主体"),
    ("system", "代码体系"),
    ("text", "文字"),
    ("title", "标题"),
    ("titleEn", "英文标题"),
    ("titleSupplied", "标题系代拟"),
    ("unit", "单位"),
    ("unitZh", "中文单位"),
    ("until", "终止"),
    ("untilBasis", "终止依据"),
    ("validFrom", "起用"),
    ("validUntil", "停用"),
    ("value", "数值"),
    ("within", "所在"),
];

/// The Chinese labels of the values of each closed list that records hold, in the list's order.
const LABELS: &[(&str, &[&str])] = &[
    (
        "Division",
        &[
            "省",
            "自治区",
            "直辖市",
            "特别行政区",
            "地级市",
            "自治州",
            "地区",
            "盟",
            "县",
            "自治县",
            "县级市",
            "市辖区",
            "旗",
            "自治旗",
            "特区",
            "开发区",
            "镇",
            "乡",
            "民族乡",
            "街道",
            "村",
            "社区",
        ],
    ),
    ("Qualifier", &["确数", "超过", "以上", "不足", "不超过", "接近", "约"]),
    ("Nature", &["实际", "能力", "预计"]),
    ("Basis", &["明载", "点数", "推算", "暗示", "推断"]),
    ("PeriodBasis", &["明载", "暗示", "暗示年份", "推算", "截至来源", "未载", "能力", "预计"]),
    ("Form", &["帮扶", "对口支援", "对口合作"]),
    ("Extent", &["全部", "部分"]),
    ("SourceKind", &["政府", "官方媒体", "报纸", "转载", "期刊", "口述", "企业", "维基", "论坛", "照片", "数据集"]),
    (
        "OrganizationKind",
        &["政府机关", "工作组", "市场", "展馆", "专区", "出版机构", "学校", "协会", "兵团师", "开发区"],
    ),
    (
        "MemberKind",
        &[
            "区划",
            "县",
            "乡镇",
            "村",
            "企业",
            "机构",
            "混合",
            "人",
            "户",
            "项目",
            "厂房",
            "车间",
            "产业园",
            "劳务工作站",
            "培训基地",
            "工作室",
            "培训班",
            "专柜",
            "民宿",
        ],
    ),
    ("ProgrammeKind", &["行动", "轮次", "政策"]),
    ("ProjectKind", &["种植", "养殖", "加工", "车间", "园区", "培训", "服务"]),
    ("Money", &["财政帮扶资金", "社会帮扶资金", "企业投资", "采购销售", "项目支出", "签约额", "收入"]),
    ("AgreementRole", &["买方", "卖方", "合作方"]),
    ("ExhibitRole", &["展出", "推介"]),
    (
        "LinkPredicate",
        &[
            "代表",
            "适用于",
            "就业于",
            "任第一书记于",
            "来自",
            "资助",
            "拥有",
            "受助于",
            "由其引进",
            "或为同一",
            "成员属于",
            "与其成员结对",
            "加工",
            "销售",
            "销售其产品",
            "展示",
            "签约于",
            "销往",
            "曾销售其产品",
            "就读于",
            "培训",
        ],
    ),
    ("LineageBasis", &["明载", "推断"]),
];

/// The Chinese name of a field.
pub fn field(name: &str) -> Option<&'static str> {
    let place = FIELDS.binary_search_by_key(&name, |(name, _)| name).ok()?;
    Some(FIELDS[place].1)
}

/// The Chinese labels of a closed list, in its order; none where no record holds its values.
pub fn labels(closed: &Closed) -> &'static [&'static str] {
    LABELS.iter().find(|(name, _)| *name == closed.name).map_or(&[], |(_, labels)| labels)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::catalog::{Field, Shape};
    use crate::model::kinds::KINDS;
    use crate::model::value::Scalar;

    /// The fields inside a field.
    fn inner(field: &Field) -> &'static [Field] {
        match field.shape {
            Shape::Struct(of) | Shape::Structs(of) => of.fields,
            Shape::Edge(edge) => edge.properties,
            _ => &[],
        }
    }

    #[test]
    fn every_field_has_a_chinese_name_of_its_own_and_none_is_left_over() {
        let mut used = BTreeSet::new();
        let mut check = |place: &str, fields: &[&Field]| {
            let mut seen = BTreeSet::new();
            for field in fields {
                let zh = super::field(field.name).unwrap_or_else(|| panic!("{place}.{} has none", field.name));
                assert!(seen.insert(zh), "{place}: {zh} stands for two fields");
                assert!(![ID, NODE].contains(&zh), "{place}.{}", field.name);
                used.insert(field.name);
            }
        };
        for kind in KINDS {
            let fields: Vec<_> = kind.shown().map(|(_, field)| field).collect();
            check(kind.name, &fields);
            for field in fields {
                check(&format!("{}.{}", kind.name, field.name), &inner(field).iter().collect::<Vec<_>>());
            }
        }
        // The target of a citation.
        used.insert("source");
        let known: BTreeSet<_> = FIELDS.iter().map(|(name, _)| *name).collect();
        assert_eq!(known.difference(&used).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert!(FIELDS.is_sorted());
    }

    #[test]
    fn every_closed_list_that_records_hold_has_as_many_labels_as_values() {
        let mut used = BTreeSet::new();
        let mut check = |field: &Field| {
            if let Shape::One(Scalar::Closed(closed)) | Shape::List(Scalar::Closed(closed)) = field.shape {
                let labels = labels(closed);
                assert_eq!(labels.len(), closed.values.len(), "{}", closed.name);
                assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len(), "{}", closed.name);
                used.insert(closed.name);
            }
        };
        for (_, field) in KINDS.iter().flat_map(|kind| kind.shown()) {
            check(field);
            inner(field).iter().for_each(&mut check);
        }
        assert_eq!(used.len(), LABELS.len(), "{used:?}");
    }
}
