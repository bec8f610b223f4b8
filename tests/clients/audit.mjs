// The audit of GraphQL over HTTP: no error, and no warning but the two whose status the newer draft changed.
import { auditServer } from 'graphql-http';

const KNOWN = new Set(['74FF', '86EE']);
const results = await auditServer({ url: process.argv[2] });
let faults = 0;
for (const result of results) {
  if (result.status === 'ok' || result.status === 'notice') continue;
  const known = result.status === 'warn' && KNOWN.has(result.id);
  if (!known) faults += 1;
  console.log(`${result.status} ${result.id} ${result.name}: ${result.reason}${known ? ' (known: the newer draft says otherwise)' : ''}`);
}
const count = (status) => results.filter((result) => result.status === status).length;
console.log(`${results.length} audits: ${count('ok')} ok, ${count('notice')} notices, ${count('warn')} warnings, ${count('error')} errors`);
process.exit(faults === 0 && results.length > 50 ? 0 : 1);
