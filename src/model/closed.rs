//! Closed lists of values: the enums of the API.

/// An enum of the API. A value is stored as the byte of its place in the list plus one, so values are only ever appended.
#[derive(Debug)]
pub struct Closed {
    /// The GraphQL type.
    pub name: &'static str,
    /// What the values tell apart.
    pub doc: &'static str,
    /// The values and what each means.
    pub values: &'static [(&'static str, &'static str)],
}

impl Closed {
    /// The byte that stands for a value in the file.
    pub fn code(&self, value: &str) -> Option<u8> {
        self.values.iter().position(|(name, _)| *name == value).map(|place| place as u8 + 1)
    }

    /// The value that a byte stands for.
    pub fn value(&self, code: u8) -> Option<&'static str> {
        self.values.get(usize::from(code).checked_sub(1)?).map(|(name, _)| *name)
    }
}

/// Where a region stands in the hierarchy.
pub static LEVEL: Closed = Closed {
    name: "Level",
    doc: "The five statistical levels of regions.",
    values: &[
        ("PROVINCE", "省级: provinces, autonomous regions, municipalities, special administrative regions."),
        ("CITY", "地级: cities, autonomous prefectures, prefectures, leagues."),
        ("COUNTY", "县级: counties, districts, county-level cities, banners."),
        ("TOWN", "乡级: towns, townships, subdistricts."),
        ("VILLAGE", "村级: villages and residential communities."),
    ],
};

/// The exact administrative kind of a region.
pub static DIVISION: Closed = Closed {
    name: "Division",
    doc: "The exact kind of a region, finer than its level.",
    values: &[
        ("PROVINCE", "省"),
        ("AUTONOMOUS_REGION", "自治区"),
        ("MUNICIPALITY", "直辖市"),
        ("SPECIAL_ADMINISTRATIVE_REGION", "特别行政区"),
        ("CITY", "地级市, sub-provincial cities included"),
        ("AUTONOMOUS_PREFECTURE", "自治州"),
        ("PREFECTURE", "地区"),
        ("LEAGUE", "盟"),
        ("COUNTY", "县"),
        ("AUTONOMOUS_COUNTY", "自治县"),
        ("COUNTY_CITY", "县级市"),
        ("DISTRICT", "市辖区"),
        ("BANNER", "旗"),
        ("AUTONOMOUS_BANNER", "自治旗"),
        ("SPECIAL_DISTRICT", "特区, 林区"),
        ("DEVELOPMENT_ZONE", "开发区 and the like, without the rank of a county of its own"),
        ("TOWN", "镇"),
        ("TOWNSHIP", "乡, 苏木"),
        ("ETHNIC_TOWNSHIP", "民族乡"),
        ("SUBDISTRICT", "街道"),
        ("VILLAGE", "村 (村民委员会)"),
        ("COMMUNITY", "社区 (居民委员会)"),
    ],
};

/// What the source says of a figure's exactness.
pub static QUALIFIER: Closed = Closed {
    name: "Qualifier",
    doc: "How the source's wording bounds a figure.",
    values: &[
        ("EXACT", "The figure itself."),
        ("MORE_THAN", "超, 突破, 逾, 余, 多: above the figure."),
        ("AT_LEAST", "以上: the figure or above."),
        ("LESS_THAN", "不足: below the figure."),
        ("AT_MOST", "不超过: the figure or below."),
        ("NEARLY", "近: just below the figure."),
        ("APPROXIMATELY", "约: near the figure, on either side."),
    ],
};

/// Whether a figure happened.
pub static NATURE: Closed = Closed {
    name: "Nature",
    doc: "Whether a figure is a result. Figures of different natures are never added.",
    values: &[
        ("ACTUAL", "It happened."),
        ("CAPACITY", "What can be done, 可: no result."),
        ("FORECAST", "What is expected: no result."),
    ],
};

/// How a claim came about.
pub static BASIS: Closed = Closed {
    name: "Basis",
    doc: "How a claim came out of its source.",
    values: &[
        ("STATED", "The source says it."),
        ("COUNTED", "Counted in the source, which does not say the number."),
        ("DERIVED", "Worked out from what the source says."),
        ("IMPLIED", "The source implies it by its wording."),
        ("INFERRED", "Inferred from other sources."),
    ],
};

/// How one end of a period is known.
pub static PERIOD_BASIS: Closed = Closed {
    name: "PeriodBasis",
    doc: "How one end of a figure's period is known.",
    values: &[
        ("STATED", "The source gives it."),
        ("IMPLIED", "The source implies the day by its wording."),
        ("IMPLIED_YEAR", "The source implies it, as a year alone."),
        ("DERIVED", "Worked out from what the source says."),
        ("AS_OF_SOURCE", "The source says so far; the day is the earliest that its own date can be."),
        ("UNDATED", "The source gives no day, and none follows."),
        ("CAPACITY", "No day: the figure is a capacity."),
        ("FORECAST", "No day: the figure is a forecast."),
    ],
};

/// The form of a programme or pairing.
pub static FORM: Closed = Closed {
    name: "Form",
    doc: "The form of assistance.",
    values: &[
        ("AID", "帮扶, 扶贫协作: one side helps the other."),
        ("SUPPORT", "对口支援: one side supports the other."),
        ("COOPERATION", "对口合作: both sides are partners, and no one is a helper."),
    ],
};

/// How much of a region a pairing is with.
pub static EXTENT: Closed = Closed {
    name: "Extent",
    doc: "How much of a party a pairing is with.",
    values: &[("WHOLE", "All of it."), ("PART", "A part of it; `leftOut` says what is not.")],
};

/// Whether a pairing is in force on a day.
pub static IN_FORCE: Closed = Closed {
    name: "InForce",
    doc: "Whether a pairing is in force on a day. A missing end is not stated, and never means still in force.",
    values: &[
        ("CERTAIN", "From `since` to the later of `until` and `lastSeen`: a source shows it."),
        (
            "PRESUMED",
            "From there to the end of its round, or from the round's start where `since` is unknown: no source shows the day.",
        ),
        ("OUT", "Before or after all that."),
    ],
};

/// The side that a party takes in a pairing.
pub static ROLE: Closed = Closed {
    name: "Role",
    doc: "The side that a party takes in a pairing.",
    values: &[
        ("HELPER", "It helps."),
        ("HELPED", "It is helped."),
        ("PARTNER", "Either side of a cooperation, in which no one is a helper."),
    ],
};

/// What stands behind a source.
pub static SOURCE_KIND: Closed = Closed {
    name: "SourceKind",
    doc: "What stands behind a source, for the reader to weigh it.",
    values: &[
        ("GOVERNMENT", "A government's own document or site."),
        ("STATE_MEDIA", "A news agency or medium of the state."),
        ("NEWSPAPER", "A newspaper, or a news site with an editor."),
        ("REPRINT", "A copy of one of these elsewhere; the original was not seen."),
        ("JOURNAL", "A journal article or its abstract."),
        ("ORAL_HISTORY", "Recollections."),
        ("COMPANY", "A company's own news."),
        ("WIKI", "A wiki, edited by its readers."),
        ("FORUM", "A post in a forum: nobody answers for it."),
        ("PHOTO", "A photograph with its caption."),
        ("DATASET", "A data set, such as a gazetteer."),
    ],
};

/// What an organization is.
pub static ORGANIZATION_KIND: Closed = Closed {
    name: "OrganizationKind",
    doc: "What an organization is.",
    values: &[
        ("GOVERNMENT", "A government or one of its offices."),
        ("WORK_TEAM", "A team sent or set up for a task."),
        ("MARKET", "A market or trading centre."),
        ("HALL", "A hall or pavilion, often within a market."),
        ("ZONE", "A zone within a market."),
        ("PUBLISHER", "A newspaper or publisher."),
        ("SCHOOL", "A school or college."),
        ("ASSOCIATION", "An association."),
        (
            "CORPS_DIVISION",
            "A division of the Xinjiang corps (兵团): it governs land, but is no region of the hierarchy.",
        ),
        ("DEVELOPMENT_ZONE", "A development or functional zone without a division code."),
    ],
};

/// What the members of a group are.
pub static MEMBER_KIND: Closed = Closed {
    name: "MemberKind",
    doc: "What the members of a group are.",
    values: &[
        ("REGION", "Regions of no single level."),
        ("COUNTY", "Counties."),
        ("TOWN", "Towns and subdistricts."),
        ("VILLAGE", "Villages."),
        ("ENTERPRISE", "Companies."),
        ("ORGANIZATION", "Organizations."),
        ("MIXED", "Parties of several kinds in one set."),
        ("PERSON", "Persons."),
        ("HOUSEHOLD", "Households: never added to persons."),
        ("PROJECT", "Projects."),
        ("BUILDING", "Buildings."),
        ("WORKSHOP", "Workshops."),
        ("INDUSTRIAL_PARK", "Industrial parks."),
        ("LABOR_STATION", "Labor stations."),
        ("TRAINING_BASE", "Training bases."),
        ("STUDIO", "Master's studios."),
        ("TRAINING_CLASS", "Training classes."),
        ("SALES_COUNTER", "Sales counters."),
        ("LODGING", "Homestays and inns."),
    ],
};

/// What a programme record is.
pub static PROGRAMME_KIND: Closed = Closed {
    name: "ProgrammeKind",
    doc: "What a programme is.",
    values: &[
        ("PROGRAMME", "A programme under which parties are paired, or a campaign that holds several."),
        ("ROUND", "One round of a programme: its pairings end with it."),
        ("POLICY", "A policy or measure, perhaps without pairings of its own."),
    ],
};

/// What a project is.
pub static PROJECT_KIND: Closed = Closed {
    name: "ProjectKind",
    doc: "What a project is.",
    values: &[
        ("PLANTING", "Planting."),
        ("BREEDING", "Breeding of animals or fish."),
        ("PROCESSING", "Processing."),
        ("WORKSHOP", "A workshop."),
        ("PARK", "An industrial park."),
        ("TRAINING", "A training base."),
        ("SERVICE", "A public service: schools, water, housing."),
    ],
};

/// The kind of money that an indicator counts.
pub static MONEY: Closed = Closed {
    name: "Money",
    doc: "The kind of money that an indicator counts. Different kinds are never added.",
    values: &[
        ("FISCAL_AID", "财政帮扶资金: from public budgets."),
        ("SOCIAL_AID", "社会帮扶资金: from society."),
        ("COMPANY_INVESTMENT", "企业投资: what companies invested; no aid."),
        ("PURCHASE_AND_SALE", "采购销售: goods bought and sold."),
        ("PROGRAMME_SPENDING", "What was spent on the projects of a programme; how it relates to the aid is not said."),
        ("SIGNED_SALES", "签约: sales signed, not delivered."),
        ("INCOME", "Income of villages, households or persons."),
    ],
};

/// The part that a party takes in an agreement.
pub static AGREEMENT_ROLE: Closed = Closed {
    name: "AgreementRole",
    doc: "The part that a party takes in an agreement.",
    values: &[("BUYER", "It buys."), ("SELLER", "It sells."), ("PARTNER", "It cooperates.")],
};

/// What an event did with a product.
pub static EXHIBIT_ROLE: Closed = Closed {
    name: "ExhibitRole",
    doc: "What an event did with a product.",
    values: &[("SHOWED", "It was on show."), ("PROMOTED", "The event promoted it.")],
};

/// The predicates of links.
pub static LINK_PREDICATE: Closed = Closed {
    name: "LinkPredicate",
    doc: "What a link's subject has to do with its object. A relation that is asked often is a field instead.",
    values: &[
        ("ACTS_FOR", "The subject acts for the object."),
        ("APPLIED_IN", "The subject, a policy, was applied in the object."),
        ("EMPLOYED_IN", "The subject's members work in the object."),
        ("FIRST_SECRETARY_OF", "The subject is first secretary (第一书记) of the object."),
        ("FROM", "The subject's members come from the object."),
        ("FUNDED", "The subject gave money to the object."),
        ("HAS_ASSET", "The subject has the object."),
        ("HELPED_UNDER", "The subject was helped under the object, a pairing."),
        ("INTRODUCED_BY", "The subject was brought in by the object."),
        ("MAYBE_SAME_AS", "The subject may be the object under another name; no source says so."),
        ("MEMBERS_OF", "The subject's members belong to the object's members, as persons to households."),
        ("PAIRED_WITH", "The subject is paired with one of the object's members; which is not said."),
        ("PROCESSES", "The subject processes the object."),
        ("SELLS", "The subject sells the object."),
        ("SELLS_PRODUCTS_OF", "The subject sells products of the object."),
        ("SHOWS", "The subject, a photo, shows the object."),
        ("SIGNED_AT", "The subject signed contracts at the object."),
        ("SOLD_IN", "The subject is sold in the object."),
        ("SOLD_PRODUCTS_OF", "At the subject, products of the object were sold."),
        ("STUDIES_AT", "The subject's members study at the object."),
        ("TRAINED", "The subject trained the object's members."),
    ],
};

/// The kinds of records, in the order of their tags.
pub static KIND: Closed = Closed {
    name: "Kind",
    doc: "The kinds of records.",
    values: &[
        ("PROVINCE", "Provinces."),
        ("CITY", "Cities."),
        ("COUNTY", "Counties."),
        ("TOWN", "Towns."),
        ("VILLAGE", "Villages."),
        ("ENTERPRISE", "Companies."),
        ("ORGANIZATION", "Organizations."),
        ("LABOR_STATION", "Labor stations."),
        ("PERSON", "Persons."),
        ("GROUP", "Groups."),
        ("PROGRAMME", "Programmes."),
        ("PAIRING", "Pairings."),
        ("PROJECT", "Projects."),
        ("PRODUCT", "Products."),
        ("AGREEMENT", "Agreements."),
        ("EVENT", "Events."),
        ("INDICATOR", "Indicators."),
        ("OBSERVATION", "Observations."),
        ("STATEMENT", "Statements."),
        ("LINK", "Links."),
        ("SOURCE", "Sources."),
    ],
};

/// Where in a name a search matched.
pub static MATCH_PLACE: Closed = Closed {
    name: "MatchPlace",
    doc: "Where in a name a search matched, the best first.",
    values: &[
        ("EXACT", "The whole name."),
        ("STEM", "The whole name without what the region is: 中山 of 中山市."),
        ("PREFIX", "The beginning of the name."),
        ("INSIDE", "Inside the name, or its end."),
    ],
};

/// How a search matched.
pub static MATCH_KIND: Closed = Closed {
    name: "MatchKind",
    doc: "How a search matched, the best first.",
    values: &[
        ("TEXT", "As it stands, but for forms of letters and traditional characters."),
        ("PINYIN", "By whole syllables of pinyin, perhaps some characters as they stand."),
        ("PARTLY", "By syllables of which some are typed in part: zhongs."),
        ("INITIALS", "By the initials of all its syllables: zs."),
        ("OTHER_READING", "By a reading that a character has, and not in this name."),
    ],
};

/// What ties two records together in the network.
pub static TIE: Closed = Closed {
    name: "Tie",
    doc: "What ties two records together in the network.",
    values: &[
        ("PAIRING", "The two stand on opposite sides of a pairing."),
        ("HIERARCHY", "One region is right below the other."),
        ("MEMBERSHIP", "One is a group of which the other is a known member, or within which its members stand."),
        ("PLACE", "One stands, is held or comes from in the other."),
        ("OPERATION", "One runs, founded, paid for or hosted the other."),
        ("AGREEMENT", "The two are parties to an agreement."),
        ("LINK", "A link ties the two."),
    ],
};

/// Which way an order goes.
pub static ORDER_DIRECTION: Closed = Closed {
    name: "OrderDirection",
    doc: "Which way an order goes. What has no value stands last either way.",
    values: &[("ASC", "From the smallest up."), ("DESC", "From the largest down.")],
};

/// What of a value makes a group.
pub static GROUP_BY_VALUE: Closed =
    Closed { name: "GroupByValue", doc: "What of a value makes a group.", values: &[("VALUE", "The value.")] };

/// What of a date makes a group.
pub static GROUP_BY_DATE: Closed = Closed {
    name: "GroupByDate",
    doc: "What of a date makes a group. A date that is less precise than that is in the group without a value.",
    values: &[("VALUE", "The date as it is."), ("YEAR", "Its year."), ("MONTH", "Its year and month.")],
};

/// How the times of two claims relate.
pub static PERIODS: Closed = Closed {
    name: "PeriodRelation",
    doc: "How the times of claims that disagree relate.",
    values: &[
        ("SAME", "They are of the same days, or running totals as of the same: only one can be true."),
        ("NESTED", "One lies within the other, as a year in a total of several, or what ends with a running total."),
        ("OVERLAPPING", "They have days in common, and each has some of its own."),
        ("UNKNOWN", "One of them has no date, so nobody knows whether they speak of one time."),
    ],
};

/// How a step of a region's lineage is known.
pub static LINEAGE_BASIS: Closed = Closed {
    name: "LineageBasis",
    doc: "How it is known that one region, or one code, went over into another.",
    values: &[
        ("STATED", "A source says it."),
        ("INFERRED", "It follows from names, and from where the parts went, between two editions of a list."),
    ],
};

/// What became of a record.
pub static CHANGE_OUTCOME: Closed = Closed {
    name: "ChangeOutcome",
    doc: "What became of a record in a revision, or by a change.",
    values: &[
        ("CREATED", "It was made."),
        ("UPDATED", "It was changed."),
        ("UNCHANGED", "It stood so before."),
        ("DELETED", "It is gone."),
    ],
};

/// Every closed list.
pub static CLOSED: &[&Closed] = &[
    &CHANGE_OUTCOME,
    &LEVEL,
    &DIVISION,
    &QUALIFIER,
    &NATURE,
    &BASIS,
    &PERIOD_BASIS,
    &FORM,
    &EXTENT,
    &IN_FORCE,
    &ROLE,
    &SOURCE_KIND,
    &ORGANIZATION_KIND,
    &MEMBER_KIND,
    &PROGRAMME_KIND,
    &PROJECT_KIND,
    &MONEY,
    &AGREEMENT_ROLE,
    &EXHIBIT_ROLE,
    &LINK_PREDICATE,
    &KIND,
    &MATCH_PLACE,
    &MATCH_KIND,
    &TIE,
    &ORDER_DIRECTION,
    &GROUP_BY_VALUE,
    &GROUP_BY_DATE,
    &LINEAGE_BASIS,
    &PERIODS,
];
