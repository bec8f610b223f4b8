// Follows what changes with the clients graphql-ws and graphql-sse, while this program writes: `node following.mjs URL`, with
// an editor's token in TOKEN.
import assert from 'node:assert/strict';
import { createClient as overEvents } from 'graphql-sse';
import { createClient as overWebSocket } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.argv[2];
const authorization = `Bearer ${process.env.TOKEN}`;
const write = 'mutation($name: String!) { upsertEnterprise(input: { id: "enterprise:followed", name: $name }) { revision } }';
const follow = `subscription($after: Int) {
  changes(after: $after, of: ["enterprise:followed"]) { revision last changes { outcome node { ... on Enterprise { name } } } }
}`;

/** Gives the enterprise a name over HTTP, and the revision. */
async function named(name) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query: write, variables: { name } }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined);
  return data.upsertEnterprise.revision;
}

/** The next so many events of a stream, which is then ended. */
async function take(stream, count, meanwhile = async () => {}) {
  const writing = meanwhile();
  const told = [];
  for await (const { data, errors } of stream) {
    assert.equal(errors, undefined);
    const [{ node }] = data.changes.changes;
    told.push([data.changes.revision, node.name]);
    if (told.length === count) break;
  }
  await writing;
  return told;
}

/** What every client must do. */
async function tried(name, client) {
  const first = await named(`${name} 0`);
  const expected = [1, 2, 3, 4, 5].map((number) => [first + number, `${name} ${number}`]);
  const writing = async () => {
    for (const [revision, text] of expected) assert.equal(await named(text), revision);
  };
  const told = await take(client.iterate({ query: follow, variables: { after: first } }), 5, writing);
  assert.deepEqual(told, expected, 'each revision once, in order, as it stood');
  const resumed = await take(client.iterate({ query: follow, variables: { after: first + 3 } }), 2);
  assert.deepEqual(resumed, expected.slice(3), 'the rest behind any revision');
  const { value } = await client.iterate({ query: '{ region(code: "442000") { name } }' }).next();
  assert.deepEqual(value, { data: { region: { name: '中山市' } } });
  console.log(`${name}: followed, resumed, asked`);
}

const code = (errors) => errors[0].extensions.code;

const socket = overWebSocket({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: authorization },
  retryAttempts: 0,
});
await tried('graphql-ws', socket);
await assert.rejects(take(socket.iterate({ query: follow, variables: { after: 1e9 } }), 1), (errors) => code(errors) === 'NOT_KEPT');
const { value: written } = await socket.iterate({ query: write, variables: { name: 'over the socket' } }).next();
assert.equal(written.errors, undefined, 'the token of connection_init may write');
await socket.dispose();

const events = overEvents({ url, retryAttempts: 0 });
await tried('graphql-sse', events);
const { value: refused } = await events.iterate({ query: follow, variables: { after: 1e9 } }).next();
assert.equal(code(refused.errors), 'NOT_KEPT');
events.dispose();
