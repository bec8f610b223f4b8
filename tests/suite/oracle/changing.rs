//! Cursors while the data changes: a connection is walked page by page, and between the pages records come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiedui::model::catalog::slot;
use jiedui::model::record::Record;
use jiedui::model::value::Value;
use jiedui::store::{Change, Store};
use serde_json::{Value as Json, json};

use super::compare::nodes;
use super::data::{self, Random};
use super::questions::Asker;
use super::reckon::Key;
use super::world::World;
use super::{Both, Case, below, loaded, root, seed, write};

/// A database some of whose records come and go.
struct Changing {
    both: Both,
    store: Arc<Store>,
    staying: Vec<Record>,
    /// Who comes and goes, and whether they are there. Nobody refers to them.
    moving: Vec<(Record, bool)>,
    random: Random,
}

/// What was seen of a node while it was there: how often it was in the connection, and where it stood.
#[derive(Default)]
struct Watched {
    times: usize,
    places: BTreeSet<Vec<String>>,
}

impl Changing {
    fn new(seed: u64) -> Self {
        let staying = data::records(seed, 2);
        let mut moving = data::records(seed + 1, 2);
        for record in &mut moving {
            // They stand between those that stay.
            record.values[slot::KEY] = Value::Text(format!("{}.5", record.key()));
        }
        let (folder, store, api) = loaded(&staying);
        let both = Both { _folder: folder, api, world: World::new(&staying) };
        let moving = moving.into_iter().map(|record| (record, false)).collect();
        Self { both, store, staying, moving, random: Random(seed) }
    }

    fn everyone(&self) -> World {
        World::new(self.staying.iter().chain(self.moving.iter().map(|(record, _)| record)))
    }

    /// Some of these come or go.
    fn change(&mut self, ids: &BTreeSet<String>, share: usize) {
        let mut changes = Vec::new();
        for (record, there) in &mut self.moving {
            if ids.contains(&record.id().to_string()) && self.random.one_in(share) {
                *there = !*there;
                changes.push(if *there { Change::Put(record.clone()) } else { Change::Delete(record.id()) });
            }
        }
        write(&self.store, &changes);
        let there = self.moving.iter().filter(|(_, there)| *there).map(|(record, _)| record);
        self.both.world = World::new(self.staying.iter().chain(there));
    }

    /// Notes where each node of the connection stands now.
    fn watch(&self, case: &Case, watched: &mut BTreeMap<String, Watched>) {
        let world = &self.both.world;
        for at in nodes(world, case).into_iter().filter(|at| world.passes(*at, &case.filter)) {
            let told = |key: Option<Key>| match key {
                Some(Key::Value(value)) => value.text(),
                Some(Key::Record(at)) => world.recs[at].id.clone(),
                Some(Key::Nothing) | None => "nothing".to_owned(),
            };
            let paths = case.order.as_array().into_iter().flatten();
            let place = paths.map(|path| told(world.trail(at, path).into_iter().next())).collect();
            let watched = watched.entry(world.recs[at].id.clone()).or_default();
            watched.times += 1;
            watched.places.insert(place);
        }
    }

    /// Walks a connection of one edge for each node; gives over how many pages, and how many nodes were always there.
    fn walk(&mut self, mut case: Case, at: Option<&str>, ids: &BTreeSet<String>, backward: bool) -> (usize, usize) {
        self.change(ids, 2);
        let mut watched: BTreeMap<String, Watched> = BTreeMap::new();
        let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, Json::Null);
        loop {
            case.at = at.map(|id| self.both.world.find(id).unwrap());
            self.watch(&case, &mut watched);
            let size = 1 + self.random.below(ids.len() / 8 + 1);
            let (size_name, cursor_name, more, next) = match backward {
                false => ("first", "after", "hasNextPage", "endCursor"),
                true => ("last", "before", "hasPreviousPage", "startCursor"),
            };
            let after = if cursor.is_null() { String::new() } else { format!("{cursor_name}: {cursor}") };
            let selection = format!("pageInfo {{ {more} {next} }} nodes {{ id }}");
            let asked = self.both.ask(&case, &format!("{size_name}: {size} {after}"), &selection, None);
            let (page, query) = asked.unwrap_or_else(|why| panic!("{why}"));
            let mut nodes: Vec<Json> = page["nodes"].as_array().unwrap().clone();
            if backward {
                nodes.reverse();
            }
            seen.extend(nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()));
            pages += 1;
            assert!(seen.len() <= ids.len() * 2, "seed {}: it goes on and on\n{query}", case.seed);
            if page["pageInfo"][more] == json!(false) {
                let mut always = 0;
                for (id, watched) in watched {
                    let times = seen.iter().filter(|seen| **seen == id).count();
                    // Who stood elsewhere in between, such as in an order by how many of those who come and go there are,
                    // can be missed, or met again.
                    if watched.places.len() > 1 {
                        continue;
                    }
                    always += usize::from(watched.times == pages);
                    let expected = if watched.times == pages { 1..=1 } else { 0..=1 };
                    assert!(expected.contains(&times), "seed {}: {id} was met {times} times\n{query}", case.seed);
                }
                return (pages, always);
            }
            cursor = page["pageInfo"][next].clone();
            self.change(ids, 3);
        }
    }
}

#[test]
fn cursors_neither_skip_nor_repeat_while_records_come_and_go() {
    let mut changing = Changing::new(seed());
    let everyone = changing.everyone();
    let (mut pages, mut always) = (0, 0);
    for seed in 0..60 {
        let mut asker = Asker::new(&everyone, seed ^ super::seed() << 40);
        let case = if seed % 2 == 0 { root(&mut asker, seed) } else { below(&mut asker, seed) };
        let filter = if seed % 3 == 0 { Json::Null } else { asker.filter(case.of, 1, None) };
        let case = Case { filter, order: if seed % 5 < 2 { Json::Null } else { asker.order(case.of) }, ..case };
        let at = case.at.map(|at| everyone.recs[at].id.clone());
        let stays = at.as_ref().is_none_or(|at| changing.both.world.find(at).is_some());
        // A special's connection, or that of citations, can lead to one node twice.
        if !stays || ["pairings", "partners", "supports"].contains(&case.field.as_str()) && at.is_some() {
            continue;
        }
        let ids = nodes(&everyone, &case).into_iter().map(|at| everyone.recs[at].id.clone()).collect();
        let walked = changing.walk(case, at.as_deref(), &ids, seed % 4 > 1);
        pages += walked.0;
        always += walked.1;
    }
    assert!(always > 1000 && pages > 200, "{always} nodes over {pages} pages");
}
