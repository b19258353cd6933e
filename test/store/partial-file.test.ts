import {
  appendFileSync,
  chmodSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PartialFile, type PartialIdentity, partialPaths } from '../../src/store/partial-file.ts';
import { makeBadSector } from '../support/bad-sector.ts';
import { timesOpen } from '../support/open-files.ts';

const KIB = 1024;
const IDENTITY: PartialIdentity = { vault: 'web', key: 'a/b', versionId: null, etag: 'e', sizeBytes: 64 * KIB };
const block = (fill: number): Buffer => Buffer.alloc(16 * KIB, fill);

async function twoBlocks(dir: string): Promise<void> {
  const partial = await PartialFile.create(dir, IDENTITY, { resumable: true });
  await partial.write(0, [block(1)]);
  await partial.write(32 * KIB, [block(3).subarray(0, 100), block(3).subarray(100)]);
  await partial.close();
}

t.test('what was written is there after a restart, and nothing else', async (t) => {
  const dir = t.testdir();
  await twoBlocks(dir);
  const partial = await PartialFile.resume(dir, IDENTITY);
  t.equal(partial.done.bytes, 32 * KIB);
  t.strictSame(partial.done.missing(64 * KIB, 64 * KIB), [
    { start: 16 * KIB, end: 32 * KIB },
    { start: 48 * KIB, end: 64 * KIB },
  ]);
  await partial.close();
});

t.test('blocks that a power cut tore are fetched again; so are blocks beyond the end of the file', async (t) => {
  const dir = t.testdir();
  await twoBlocks(dir);
  const { data } = partialPaths(dir, IDENTITY);
  const bytes = readFileSync(data);
  bytes[5] = 99;
  writeFileSync(data, bytes);
  truncateSync(data, 40 * KIB);
  const partial = await PartialFile.resume(dir, IDENTITY);
  t.equal(partial.done.bytes, 0);
  await partial.close();
});

t.test('a torn last line of the log is ignored, and the next line is not lost behind it', async (t) => {
  const dir = t.testdir();
  await twoBlocks(dir);
  appendFileSync(partialPaths(dir, IDENTITY).log, '49152 655');
  const first = await PartialFile.resume(dir, IDENTITY);
  t.equal(first.done.bytes, 32 * KIB);
  await first.write(16 * KIB, [block(2)]);
  await first.close();
  const second = await PartialFile.resume(dir, IDENTITY);
  t.equal(second.done.contiguousEnd, 48 * KIB);
  await second.close();
});

t.test('another version of the object begins from nothing', async (t) => {
  const dir = t.testdir();
  await twoBlocks(dir);
  const partial = await PartialFile.resume(dir, { ...IDENTITY, etag: 'other' });
  t.equal(partial.done.bytes, 0);
  await partial.close();
});

t.test('a log full of nonsense, or of blocks that cannot be, is harmless', async (t) => {
  const dir = t.testdir();
  await twoBlocks(dir);
  appendFileSync(partialPaths(dir, IDENTITY).log, '\n-1 5 0\n0 99999999999 0\n5 5 0\nnot a line\n');
  const partial = await PartialFile.resume(dir, IDENTITY);
  t.equal(partial.done.bytes, 32 * KIB);
  await partial.close();
});

t.test('a partial that was sealed before its publication failed can be gone on with', async (t) => {
  const dir = t.testdir();
  const partial = await PartialFile.create(dir, IDENTITY, { resumable: true });
  await partial.write(0, [block(1)]);
  await partial.seal({ mtimeMs: 1_000_000_000_000 });
  await partial.close();
  const { data } = partialPaths(dir, IDENTITY);
  t.equal(statSync(data).mode & 0o777, 0o440);
  t.equal(statSync(data).mtimeMs, 1_000_000_000_000);
  // Root opens it in any case; that others can is shown by the kill suite, which runs as nobody.
  const again = await PartialFile.resume(dir, IDENTITY);
  t.equal(again.done.bytes, 16 * KIB);
  await again.write(16 * KIB, [block(2)]);
  await again.close();
});

t.test('a partial that bears its final name already is left alone, and the download begins anew', async (t) => {
  const dir = t.testdir();
  await twoBlocks(dir);
  const { data } = partialPaths(dir, IDENTITY);
  const final = join(dir, 'final');
  linkSync(data, final);
  const before = readFileSync(final);
  const partial = await PartialFile.resume(dir, IDENTITY);
  t.equal(partial.done.bytes, 0);
  await partial.write(0, [block(9)]);
  await partial.close();
  t.strictSame(readFileSync(final), before);
});

t.test('a small one keeps no log, replaces what is in its way, and goes without a trace', async (t) => {
  const dir = t.testdir();
  writeFileSync(partialPaths(dir, IDENTITY).data, 'left by a crash');
  chmodSync(partialPaths(dir, IDENTITY).data, 0o440);
  const partial = await PartialFile.create(dir, IDENTITY, { resumable: false });
  await partial.write(0, [Buffer.from('new')]);
  await partial.seal({ mtimeMs: 0 });
  t.strictSame(readdirSync(dir).length, 1);
  t.equal(readFileSync(partial.path, 'utf8'), 'new');
  await partial.close();
  await partial.remove();
  t.strictSame(readdirSync(dir), []);
});

t.test('a block that the disk does not give back any more is fetched again, and only that one', async (t) => {
  const dir = t.testdir();
  await twoBlocks(dir);
  const sector = await makeBadSector('.part', 40 * KIB, () => true);
  t.teardown(sector.mend);
  const partial = await PartialFile.resume(dir, IDENTITY);
  t.strictSame(partial.done.missing(64 * KIB, 64 * KIB), [{ start: 16 * KIB, end: 64 * KIB }]);
  await partial.close();
});

t.test('a log of which only the first line is wanted is closed', async (t) => {
  const dir = t.testdir();
  await twoBlocks(dir);
  const { log } = partialPaths(dir, IDENTITY);
  // More than is read at a time.
  appendFileSync(log, '0 99999999999 0\n'.repeat(20_000));
  const partial = await PartialFile.resume(dir, IDENTITY);
  await partial.close();
  t.equal(timesOpen(log), 0);
});
