// Runs the typed operation against the server.
import { readFileSync } from 'node:fs';
import { figures, variables } from './out/use.js';

const query = readFileSync(new URL('pairings.graphql', import.meta.url), 'utf8');
const reply = await fetch(process.argv[2], {
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
  body: JSON.stringify({ query, variables }),
});
const { data, errors } = await reply.json();
const told = errors ? [] : figures(data);
console.log(reply.status, told[0], `and ${told.length - 1} more`);
process.exit(reply.status === 200 && told.length >= 3 ? 0 : 1);
