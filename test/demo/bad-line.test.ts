import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { startBadLine } from '../../src/demo/bad-line.ts';

const body = Buffer.alloc(300_000, 'pullmirror');
const upstream = createServer((request, response) => {
  if (request.url === '/bucket/here') response.end(body);
  else response.writeHead(404, { 'x-host': request.headers.host }).end('nothing');
});
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
const line = await startBadLine(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
t.teardown(async () => {
  await line.close();
  upstream.close();
});

const get = async () => Buffer.from(await (await fetch(`${line.url}/bucket/here`)).arrayBuffer());

t.test('passes bytes, status and the signed Host on', async (t) => {
  t.same(await get(), body);
  const missing = await fetch(`${line.url}/bucket/there?a=b`);
  t.equal(missing.status, 404);
  t.equal(missing.headers.get('x-host'), new URL(line.url).host);
});

t.test('turns one bit over, once', async (t) => {
  line.spoilNext('/bucket/here', { kind: 'flip', at: 200_000 });
  const spoiled = await get();
  const differing = [...body.keys()].filter((index) => body[index] !== spoiled[index]);
  t.same(differing, [200_000]);
  t.same(await get(), body);
});

t.test('falls silent after so many bytes', async (t) => {
  line.spoilNext('/bucket/here', { kind: 'stall', after: 100_000 });
  const controller = new AbortController();
  const response = await fetch(`${line.url}/bucket/here`, { signal: controller.signal });
  let received = 0;
  for await (const chunk of response.body ?? []) {
    received += chunk.length;
    if (received === 100_000) break;
  }
  t.equal(received, 100_000);
  controller.abort();
  t.equal(line.downloadsOf('/bucket/here').at(-1)?.bytes, 100_000);
  t.same(await get(), body);
});
