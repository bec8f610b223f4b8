// The Relay rules of @graphql-eslint on the committed schema.
import { readFileSync } from 'node:fs';
import { ESLint } from 'eslint';
import config from './eslint.config.mjs';

const text = readFileSync('../../schema.graphql', 'utf8');
const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: config });
const results = await eslint.lintText(text, { filePath: 'schema.graphql' });
const messages = results.flatMap((result) => result.messages);
for (const { line, ruleId, message } of messages) console.log(`schema.graphql:${line}: ${ruleId}: ${message}`);
console.log(`${text.split('\n').length} lines, ${messages.length} findings`);
process.exit(messages.length === 0 ? 0 : 1);
