// TLS: a certificate made on the spot, the server told of it, a client that checks it.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'jiedui-tls-'));
const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1',
  '-keyout', key, '-out', certificate, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' });
const server = spawn(process.argv[2], ['--db', join(folder, 'jiedui.redb'), '--listen', '127.0.0.1:0',
  '--tls-certificate', certificate, '--tls-key', key], { stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise((found, failed) => {
  let text = '';
  server.stdout.on('data', (chunk) => {
    const match = (text += chunk).match(/https:\/\/\S+\/graphql/);
    if (match) found(match[0]);
  });
  server.on('exit', (code) => failed(new Error(`the server ended with ${code}`)));
});
const body = JSON.stringify({ query: '{ region(code: "442000") { name } }' });
const ask = (options) =>
  new Promise((found, failed) => {
    const request = https.request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, ...options }, (reply) => {
      let text = '';
      reply.on('data', (chunk) => (text += chunk)).on('end', () => found(text));
    });
    request.on('error', failed).end(body);
  });
const answer = await ask({ ca: readFileSync(certificate) });
const stranger = await ask({}).catch((error) => error.code);
server.removeAllListeners('exit');
server.kill('SIGTERM');
rmSync(folder, { recursive: true });
console.log(answer, 'and without the certificate:', stranger);
process.exit(answer === '{"data":{"region":{"name":"中山市"}}}' && /SELF_SIGNED/.test(stranger) ? 0 : 1);
