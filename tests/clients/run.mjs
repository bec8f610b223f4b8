// Tries each client for real: `node run.mjs BINARY`. Starts the server on a database of its own, and stops it again.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const binary = resolve(process.argv[2] ?? '../../target/debug/jiedui');
const folder = mkdtempSync(join(tmpdir(), 'jiedui-clients-'));
const db = join(folder, 'jiedui.redb');
const server = spawn(binary, ['--db', db, '--listen', '127.0.0.1:0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const url = await new Promise((found, failed) => {
  let text = '';
  server.stdout.on('data', (chunk) => {
    text += chunk;
    const match = text.match(/http:\/\/\S+\/graphql/);
    if (match) found(match[0]);
  });
  server.on('exit', (code) => failed(new Error(`the server ended with ${code}`)));
});

// Whoever writes in the browser shows it.
const made = ['token', 'create', '--db', db, '--name', 'a browser', '--role', 'editor'];
process.env.TOKEN = execFileSync(binary, made, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

// The compiler writes into this folder and does not make it.
mkdirSync('relay/generated', { recursive: true });

const bin = (name) => join('node_modules', '.bin', name);
const suites = [
  ['graphql-http: audit', 'node', ['audit.mjs', url]],
  ['relay-compiler', bin('relay-compiler'), ['relay.config.json']],
  ['graphql-codegen', bin('graphql-codegen'), ['--config', 'codegen/codegen.json']],
  ['TypeScript, of what was generated', bin('tsc'), ['--project', 'codegen']],
  ['a typed operation, run', 'node', ['codegen/run.mjs', url]],
  ['@graphql-eslint: the Relay rules on the schema', 'node', ['eslint.mjs']],
  ['graphql-ws and graphql-sse, following what changes', 'node', ['following.mjs', url]],
  ['TLS', 'node', ['tls.mjs', binary]],
  ['Chromium: the playground', 'node', ['playground.mjs', url]],
];
let failed = 0;
for (const [name, command, args] of suites) {
  console.log(`-- ${name}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) {
    failed += 1;
    console.log(`FAILED: ${name} (${error ?? status})`);
  }
}
server.removeAllListeners('exit');
server.kill('SIGTERM');
rmSync(folder, { recursive: true });
console.log(`${suites.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
