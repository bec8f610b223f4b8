import { appendFileSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

// Modules that are replaced by one of ours: who asks, for what, and what it gets.
const REPLACED = [
  [/\/@graphiql\/react\/dist\//, /\/utility\/jsonc\.js$/, "/src/jsonc.js"],
  [/\/@graphiql\/plugin-explorer\/dist\//, /^@graphiql\/react$/, "/src/explorer-hooks.js"],
];

function replace() {
  const used = new Set();
  return {
    name: "replace",
    enforce: "pre",
    resolveId(source, importer = "") {
      for (const [from, what, by] of REPLACED) {
        if (from.test(importer) && what.test(source)) {
          used.add(by);
          return import.meta.dirname + by;
        }
      }
    },
    // A new version may name its modules otherwise: then the build fails, and nothing is silently back.
    generateBundle() {
      for (const [, , by] of REPLACED) {
        if (!used.has(by)) this.error(`${by} replaces nothing`);
      }
    },
  };
}

const LICENSES = "licenses.txt";

// Vite lists the licences of what the page bundles, and forgets what only its workers do. Monaco has parts of others
// inside, and lists them in a file of its own.
const inWorkers = new Set();

function workerLicenses() {
  return {
    name: "worker-licenses",
    generateBundle(_options, bundle) {
      for (const { modules = {} } of Object.values(bundle)) {
        for (const id of Object.keys(modules)) {
          const root = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id);
          if (root) inWorkers.add(root[1]);
        }
      }
    },
  };
}

function allLicenses() {
  return {
    name: "all-licenses",
    writeBundle({ dir }) {
      const file = join(dir, LICENSES);
      const listed = readFileSync(file, "utf8");
      for (const root of [...inWorkers].sort()) {
        const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
        if (listed.includes(`\n## ${name} - ${version} `)) continue;
        const text = readdirSync(root).filter((entry) => /^licen[cs]e/i.test(entry)).map((entry) => readFileSync(join(root, entry), "utf8"));
        appendFileSync(file, [`\n## ${name} - ${version} (${license})\n`, ...text].join("\n"));
      }
      appendFileSync(file, "\n# Inside monaco-editor\n\n" + readFileSync("node_modules/monaco-editor/ThirdPartyNotices.txt", "utf8"));
    },
  };
}

// The folder is flat: /playground/<file name>.
const names = {
  entryFileNames: "[name]-[hash].js",
  chunkFileNames: "[name]-[hash].js",
  assetFileNames: "[name]-[hash][extname]",
};

// What is ours lies apart from what is not, and nothing of the latter asks for the former: a change of a question makes
// one small file anew. Prettier alone is loaded when it is asked for; all else is needed at once.
const groups = [
  { name: "prettier", test: /\/node_modules\/prettier\//, priority: 2 },
  { name: "vendor", test: /\/node_modules\/|\/src\/(jsonc|explorer-hooks)\.js$/, priority: 1 },
];

export default defineConfig({
  base: "/playground/",
  plugins: [replace(), allLicenses()],
  // One and the same plugin of Prettier, which Monaco and GraphiQL ask for under two names.
  resolve: { alias: { "prettier/parser-graphql": "prettier/plugins/graphql" } },
  build: {
    target: "es2022",
    outDir: "dist",
    assetsDir: "",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: LICENSES },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      output: { ...names, codeSplitting: { groups } },
      // "use client" at the head of a module: of no meaning here.
      onLog: (level, log, handler) => log.code === "MODULE_LEVEL_DIRECTIVE" || handler(level, log),
    },
  },
  worker: { format: "es", plugins: () => [workerLicenses()], rolldownOptions: { output: names } },
});
