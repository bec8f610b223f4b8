// Tries the playground in a real browser, as somebody would use it.
//
//   TOKEN=jdt_… node playground.mjs http://127.0.0.1:8080/graphql [folder for screenshots]
//
// The token is one of an editor, and the server has no product:tea. It needs `npm ci`, and Chromium: /usr/bin/chromium, or
// what CHROMIUM names. It ends with 0 if all of it worked, and nothing was said on the console, refused by the
// Content-Security-Policy or asked of another origin.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, shots] = process.argv.slice(2);
if (!url) {
  console.error("usage: node playground.mjs URL [folder for screenshots]");
  process.exit(2);
}
if (shots) mkdirSync(shots, { recursive: true });

const faults = [];
let steps = 0;

function check(what, holds, found) {
  steps += 1;
  if (holds) return;
  faults.push(found === undefined ? what : `${what}; found: ${JSON.stringify(found).slice(0, 500)}`);
}

const profile = mkdtempSync(join(tmpdir(), "playground-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  viewport: { width: 1440, height: 900 },
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const origin = new URL(url).origin;
const page = context.pages()[0] ?? (await context.newPage());
page.setDefaultTimeout(15000);

// What must not happen.
const workers = new Set();
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
});
page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
page.on("worker", (worker) => workers.add(new URL(worker.url()).pathname));
// Of the context, not of the page: what a worker asks for is seen too.
context.on("request", (request) => {
  const asked = new URL(request.url());
  if (asked.origin !== origin && asked.protocol !== "data:") faults.push(`another origin: ${request.url()}`);
});
context.on("requestfailed", (request) => {
  // ERR_ABORTED is the page's own doing: it gave up what it no longer needed, as a worker when it is loaded anew.
  const why = request.failure()?.errorText;
  if (why !== "net::ERR_ABORTED") faults.push(`failed: ${request.url()} ${why}`);
});
context.on("response", (response) => {
  if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
});
await page.exposeFunction("refused", (what) => faults.push(`refused by the policy: ${what}`));
await page.addInitScript(() => {
  addEventListener("securitypolicyviolation", (event) => {
    window.refused(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`);
  });
});

// GraphiQL leaves Monaco in `__MONACO`, which has the text that is not scrolled into sight too.
const text = (model) =>
  page.evaluate((name) => globalThis.__MONACO.editor.getModels().find((m) => m.uri.path.endsWith(name)).getValue(), model);
const query = () => text("operation.graphql");
const queryHas = (part) =>
  page.waitForFunction(
    (wanted) => globalThis.__MONACO.editor.getModels().find((m) => m.uri.path.endsWith("operation.graphql")).getValue().includes(wanted),
    part,
  );
const tabs = () => page.locator(".graphiql-tab-button");
const tabNames = async () => (await tabs().allTextContents()).map((name) => name.trim());
const shoot = async (name) => shots && (await page.screenshot({ path: join(shots, `${name}.png`) }));

async function ready() {
  await page.locator(".graphiql-query-editor .view-lines").waitFor();
  await page.locator(".graphiql-response .view-lines").waitFor();
}

async function run() {
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await page.locator(".graphiql-execute-button").click();
  const response = await answered;
  const answer = await response.json();
  // The answer stands in the page, not only in the network.
  await page.waitForFunction(
    () => globalThis.__MONACO.editor.getModels().find((m) => m.uri.path.endsWith("response.json")).getValue().trim() !== "",
  );
  check("the page shows the answer", JSON.stringify(JSON.parse(await text("response.json"))) === JSON.stringify(answer));
  return { answer, request: response.request() };
}

async function typed(letters) {
  await page.keyboard.type(letters, { delay: 20 });
}

const suggestions = page.locator(".suggest-widget.visible .monaco-list-row");
const suggested = (name) => suggestions.filter({ hasText: name }).first().waitFor();

try {
  // It opens, and asks for the schema.
  const introspected = page.waitForResponse(
    (response) => response.request().method() === "POST" && response.request().postData().includes("__schema"),
  );
  const document = await page.goto(url);
  const policy = document.headers()["content-security-policy"];
  check("the page has a Content-Security-Policy", policy?.includes("default-src 'none'"), policy);
  check("which allows no eval and no inline script", !/unsafe-eval|script-src[^;]*unsafe-inline/.test(policy ?? ""), policy);
  const schema = await introspected;
  check("introspection is answered", "__schema" in ((await schema.json()).data ?? {}));
  check(
    "it asks for JSON of GraphQL",
    schema.request().headers().accept === "application/graphql-response+json, application/json;q=0.9",
    schema.request().headers(),
  );
  await ready();
  check("the title", (await page.title()) === "jiedui 结对", await page.title());
  check("the language", (await page.getAttribute("html", "lang")) === "zh-CN");
  const names = await tabNames();
  check("a tab for each worked question", names.length >= 11 && names.every((name) => /^\w+$/.test(name)), names);

  // Each worked question is answered.
  for (let index = 0; index < names.length; index += 1) {
    await tabs().nth(index).click();
    await queryHas(`query ${names[index]}`);
    check(`${names[index]} has comments in both languages`, /^# .*\p{Script=Han}/u.test(await query()) && /^# [A-Z]/m.test(await query()));
    const { answer } = await run();
    check(`${names[index]} is answered`, answer.data && !answer.errors, answer.errors);
    check(`${names[index]} has something to show`, /\p{Script=Han}/u.test(JSON.stringify(answer.data)), answer.data);
    const asked = [...(await query()).matchAll(/^# extensions: (.*)$/gm)];
    const more = asked.flatMap(([, text]) => Object.keys(JSON.parse(text))).sort();
    check(`${names[index]} has what its comment asks for`, String(Object.keys(answer.extensions ?? {}).sort()) === String(more), answer.extensions);
    await shoot(`tab-${index + 1}`);
  }
  // The markers of a text are those of a moment ago until its worker has read it anew.
  const wrong = () => globalThis.__MONACO.editor.getModelMarkers({}).filter((marker) => marker.severity === 8).map((m) => m.message);
  const settled = () => globalThis.__MONACO.editor.getModelMarkers({}).every((marker) => marker.severity !== 8);
  await page.waitForFunction(settled).catch(() => {});
  const marked = await page.evaluate(wrong);
  check("no worked question is marked as wrong", marked.length === 0, marked);

  // Variables: another day.
  await tabs().nth(names.indexOf("PartnersOnADay")).click();
  await queryHas("query PartnersOnADay");
  const variables = await text("variables.json");
  check("the variables are there", variables.includes("2012-06-01"), variables);
  await page.locator(".graphiql-editor-tool .view-lines").first().click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await typed('{ "code": "442000", "day": "2019-01-01", "first": 5 }');
  check("another place by variables", (await run()).answer.data?.region?.nameEn === "Zhongshan");

  // Prettifying keeps the comments.
  await page.getByRole("button", { name: /Prettify query/ }).click();
  await page.waitForFunction(
    () => globalThis.__MONACO.editor.getModels().find((m) => m.uri.path.endsWith("variables.json")).getValue().includes('\n  "day"'),
  );
  check("prettified, with its comments", /^# .*\p{Script=Han}/u.test(await query()), await query());

  // The Explorer: a field chosen there lands in the query, under its comments.
  await tabs().nth(0).click();
  await queryHas(`query ${names[0]}`);
  await page.getByRole("button", { name: "Show GraphiQL Explorer" }).click();
  const explorer = page.locator(".docExplorerWrap");
  await explorer.waitFor();
  check("the Explorer lists the fields", (await explorer.textContent()).includes("provinces"));
  check("a field is not there yet", !/\bagreements\b/.test(await query()));
  await explorer.locator('.graphiql-explorer-node:has(> [data-field-name="agreements"]) [data-field-name="agreements"]').first().click();
  await queryHas("agreements");
  check("the Explorer keeps the comments on top", /^# .*\p{Script=Han}/u.test(await query()), await query());
  await shoot("explorer");

  // The documents.
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  const docs = page.locator(".graphiql-doc-explorer");
  await docs.getByText("Query", { exact: true }).first().click();
  await docs.getByRole("link", { name: "region", exact: true }).click();
  check("the docs say what a field means", (await docs.textContent()).includes("The region of a code"), await docs.textContent());
  await shoot("docs");
  await page.getByRole("button", { name: "Hide Documentation Explorer" }).click();

  // By keyboard, with completions.
  await page.getByRole("button", { name: "New tab" }).click();
  await page.waitForFunction(
    () => globalThis.__MONACO.editor.getModels().find((m) => m.uri.path.endsWith("operation.graphql")).getValue() === "",
  );
  await page.locator(".graphiql-query-editor .view-lines").click();
  await typed("query Typed { provi");
  await suggested("provinces");
  await shoot("completions");
  await page.keyboard.press("Tab");
  await queryHas("provinces");
  await typed("(first: 2) { nodes { nam");
  await suggested("name");
  await page.keyboard.press("Escape");
  await typed("e ");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction(
    () => globalThis.__MONACO.editor.getModels().find((m) => m.uri.path.endsWith("response.json")).getValue().includes('"provinces"'),
  );
  check("what was typed is answered", /"name": "\p{Script=Han}+"/u.test(await text("response.json")), await text("response.json"));
  await page.waitForFunction(() => [...document.querySelectorAll(".graphiql-tab-button")].at(-1).textContent.trim() === "Typed");
  await shoot("typed");

  // Hovering over a field tells what it is.
  await page.locator(".graphiql-query-editor .view-line span", { hasText: /^provinces$/ }).last().hover();
  await page.locator(".monaco-hover-content", { hasText: "ProvinceConnection" }).first().waitFor();
  await page.keyboard.press("Escape");

  // A mistake is marked before it is sent.
  await page.locator(".graphiql-query-editor .view-lines").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await typed("{ provinces { nowhere } }");
  await page.waitForFunction(() => globalThis.__MONACO.editor.getModelMarkers({}).some((m) => m.message.includes("nowhere")));
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await typed("query Typed { provinces { totalCount } }");
  await page.waitForFunction(() => !globalThis.__MONACO.editor.getModelMarkers({}).some((m) => m.message.includes("nowhere")));

  // Loaded again, the tabs are the user's own.
  await page.waitForTimeout(1000);
  await page.reload();
  await ready();
  check("the tabs are kept", (await tabNames()).length === names.length + 1 && (await tabNames()).at(-1) === "Typed", await tabNames());
  await queryHas("totalCount");

  // History, settings, and the dark side.
  await page.getByRole("button", { name: "Show History" }).click();
  check("the history has the questions", (await page.locator(".graphiql-history").textContent()).includes(names[1]));
  await page.getByRole("button", { name: "Open settings dialog" }).click();
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  await page.keyboard.press("Escape");
  await run();
  await shoot("dark");

  // Who has a token gives it in the headers, and writes.
  await page.getByRole("button", { name: "Headers", exact: true }).click();
  await page.locator(".graphiql-editor-tool .view-lines").last().click();
  await page.keyboard.insertText(JSON.stringify({ Authorization: `Bearer ${process.env.TOKEN}` }));
  await page.locator(".graphiql-query-editor .view-lines").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText('mutation Written { upsertProduct(input: { id: "product:tea", name: "茶" }) { outcome } }');
  check("a token lets its holder write", (await run()).answer.data?.upsertProduct?.outcome === "CREATED");
  await shoot("headers");

  // Who subscribes is shown what comes, until the button is pressed again, and is shown nothing after that.
  const write = (name) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${process.env.TOKEN}` },
      body: JSON.stringify({ query: `mutation { upsertProduct(input: { id: "product:tea", name: "${name}" }) { outcome } }` }),
    });
  const shown = () => text("response.json");
  const shows = (part) =>
    page.waitForFunction(
      (wanted) => globalThis.__MONACO.editor.getModels().find((m) => m.uri.path.endsWith("response.json")).getValue().includes(wanted),
      part,
    );
  const replace = async (question) => {
    // The editor, not its lines: those of a long text may be scrolled out of sight.
    await page.locator(".graphiql-query-editor .monaco-editor").first().click();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await page.keyboard.insertText(question);
  };
  await replace("subscription Followed { changes(kinds: [PRODUCT]) { changes { id node { ... on Product { name } } } } }");
  await page.waitForTimeout(500);
  const opened = page.waitForResponse((response) => response.headers()["content-type"]?.startsWith("text/event-stream"));
  await page.locator(".graphiql-execute-button").click();
  await opened;
  for (const name of ["龙井", "碧螺春"]) {
    await write(name);
    await shows(name);
  }
  await shoot("subscription");
  await page.locator(".graphiql-execute-button").click();
  await write("普洱");
  await page.waitForTimeout(1000);
  check("a subscription that is stopped shows no more", !(await shown()).includes("普洱"), await shown());
  await replace("query Behind { node(id: \"product:tea\") { ... on Product { name } } }");
  await page.waitForTimeout(500);
  check("a question after it is answered", (await run()).answer.data?.node?.name === "普洱");

  await page.waitForTimeout(1000);
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  check("the history has what was written", kept.includes("product:tea"));
  check("the token is not kept in the browser", !kept.includes(process.env.TOKEN));

  for (const label of ["graphql", "json", "editor"]) {
    check(`Monaco's worker ${label}`, [...workers].some((path) => path.startsWith(`/playground/${label}.worker-`)), [...workers]);
  }
} catch (error) {
  faults.push(error.stack);
  await shoot("failed").catch(() => {});
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}

for (const fault of faults) console.error(fault);
console.log(`${steps} checks, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
