import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { escapeKey } from '../../src/core/key-path.ts';
import type { ChecksumLine } from '../../src/core/sha256sums.ts';
import {
  appendChecksums,
  type ChecksumEntry,
  readChecksums,
  rewriteChecksums,
} from '../../src/store/sha256sums-file.ts';
import { hostileKey } from '../support/hostile-keys.ts';
import { timesOpen } from '../support/open-files.ts';

const HASH = createHash('sha256').digest('hex');

async function readAll(folder: string): Promise<ChecksumEntry[]> {
  const entries: ChecksumEntry[] = [];
  for await (const entry of readChecksums(folder)) entries.push(entry);
  return entries;
}

t.test('groups of lines are appended', async (t) => {
  const folder = t.testdir();
  t.same(await appendChecksums(folder, [{ sha256: HASH, path: 'a' }]), { tornLine: null });
  const added = [
    { sha256: HASH, path: 'b/c' },
    { sha256: HASH, path: 'ü' },
  ];
  t.same(await appendChecksums(folder, added), { tornLine: null });
  t.same(await appendChecksums(folder, []), { tornLine: null });
  t.equal(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'), `${HASH}  a\n${HASH}  b/c\n${HASH}  ü\n`);
});

t.test('a line that a crash cut short is cut off, told, and not glued to the next', async (t) => {
  const folder = t.testdir({ SHA256SUMS: `${HASH}  a\n${HASH}  cut-o` });
  t.same(await readAll(folder), [
    { kind: 'line', sha256: HASH, path: 'a' },
    { kind: 'torn', text: `${HASH}  cut-o` },
  ]);
  const result = await appendChecksums(folder, [{ sha256: HASH, path: 'b' }]);
  t.same(result, { tornLine: `${HASH}  cut-o` });
  t.equal(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'), `${HASH}  a\n${HASH}  b\n`);
});

t.test('a list that is nothing but a torn line', async (t) => {
  const folder = t.testdir({ SHA256SUMS: HASH.slice(5) });
  t.same(await appendChecksums(folder, [{ sha256: HASH, path: 'b' }]), { tornLine: HASH.slice(5) });
  t.equal(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'), `${HASH}  b\n`);
});

t.test('rewriting replaces the list in one step', async (t) => {
  const folder = t.testdir({ SHA256SUMS: 'old\n', 'SHA256SUMS%new': 'left by a crash' });
  async function* lines() {
    for (let n = 0; n < 5000; n++) yield { sha256: HASH, path: `archive-${n}` };
    t.equal(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'), 'old\n', 'the old list stands until the end');
  }
  await rewriteChecksums(folder, lines());
  const entries = await readAll(folder);
  t.equal(entries.length, 5000);
  t.same(entries.at(-1), { kind: 'line', sha256: HASH, path: 'archive-4999' });
  t.same(readdirSync(folder), ['SHA256SUMS']);
});

t.test('a rewrite that fails leaves the old list and no debris', async (t) => {
  const folder = t.testdir({ SHA256SUMS: 'old\n' });
  function* lines() {
    yield { sha256: HASH, path: 'a' };
    throw new Error('catalog gone');
  }
  await t.rejects(rewriteChecksums(folder, lines()), { message: 'catalog gone' });
  t.same(readdirSync(folder), ['SHA256SUMS']);
  t.equal(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'), 'old\n');
});

t.test('reading: no list, garbage, garbage without an end', async (t) => {
  const folder = t.testdir();
  t.same(await readAll(folder), []);
  writeFileSync(join(folder, 'SHA256SUMS'), `rubbish\n${HASH}  a\n${'x'.repeat(1_000_000)}\n${HASH}  b\n`);
  t.same(await readAll(folder), [
    { kind: 'bad', lineNumber: 1 },
    { kind: 'line', sha256: HASH, path: 'a' },
    { kind: 'bad', lineNumber: 3 },
    { kind: 'line', sha256: HASH, path: 'b' },
  ]);
  const long = `${HASH}  ${'x'.repeat(3_000_000)}`;
  writeFileSync(join(folder, 'SHA256SUMS'), long);
  const [torn] = await readAll(folder);
  t.ok(torn?.kind === 'torn' && torn.text.length < 10_000, 'memory is bounded');
  await appendChecksums(folder, [{ sha256: HASH, path: 'b' }]);
  const [bad, line] = await readAll(folder);
  t.same(bad, { kind: 'bad', lineNumber: 1 });
  t.same(line, { kind: 'line', sha256: HASH, path: 'b' }, 'the new line is whole even so');
});

t.test('a list of which only the beginning is wanted is closed', async (t) => {
  // More than is read at a time.
  const folder = t.testdir({ SHA256SUMS: `${HASH}  a\n`.repeat(10_000) });
  for await (const entry of readChecksums(folder)) {
    t.same(entry, { kind: 'line', sha256: HASH, path: 'a' });
    break;
  }
  t.equal(timesOpen(join(folder, 'SHA256SUMS')), 0);
});

t.test('a list that is a symbolic link is never written through', async (t) => {
  const folder = t.testdir({ elsewhere: 'untouched', vault: {} });
  symlinkSync('../elsewhere', join(folder, 'vault', 'SHA256SUMS'));
  await t.rejects(appendChecksums(join(folder, 'vault'), [{ sha256: HASH, path: 'a' }]), { code: 'STORE_SYMLINK' });
  await rewriteChecksums(join(folder, 'vault'), [{ sha256: HASH, path: 'a' }]);
  t.equal(readFileSync(join(folder, 'elsewhere'), 'utf8'), 'untouched');
  t.ok(statSync(join(folder, 'vault', 'SHA256SUMS')).isFile());
});

t.test('a folder that is gone is the filesystem’s own error', async (t) => {
  await t.rejects(appendChecksums(join(t.testdir(), 'gone'), [{ sha256: HASH, path: 'a' }]), { code: 'ENOENT' });
});

t.test('sha256sum -c accepts every path that a key can lead to', async (t) => {
  const folder = t.testdir();
  const taken = new Set<string>();
  const files = new Set<string>();
  const lines: ChecksumLine[] = [];
  for (const key of fc.sample(hostileKey, { numRuns: 1200, seed: 20261121 })) {
    const path = escapeKey(key);
    const parts = path.split('/');
    const clash = parts.some((_, n) => n > 0 && files.has(parts.slice(0, n).join('/')));
    if (taken.has(path) || clash) continue;
    for (let n = 1; n <= parts.length; n++) taken.add(parts.slice(0, n).join('/'));
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), key);
    files.add(path);
    lines.push({ sha256: createHash('sha256').update(key).digest('hex'), path });
  }
  t.ok(lines.length > 400, `${lines.length} paths`);
  await appendChecksums(folder, lines);
  execFileSync('sha256sum', ['-c', '--strict', '--status', 'SHA256SUMS'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  appendFileSync(join(folder, lines[0]?.path ?? ''), 'x');
  t.throws(() => execFileSync('sha256sum', ['-c', '--status', 'SHA256SUMS'], { cwd: folder, stdio: 'ignore' }));
  t.same(
    (await readAll(folder)).map((entry) => (entry.kind === 'line' ? entry.path : entry.kind)),
    lines.map(({ path }) => path),
  );
});
