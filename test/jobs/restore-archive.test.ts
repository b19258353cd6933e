import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AppError } from '../../src/core/errors.ts';
import { type ByteProgress, silentByteProgress } from '../../src/jobs/byte-progress.ts';
import { type RestoreRequest, restoreArchive } from '../../src/jobs/restore-archive.ts';
import { streamArchive } from '../../src/jobs/stream-archive.ts';

const content = Buffer.alloc(5_000_000, 'pullmirror');
const expected = { sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };

function prepare(t: Test, change: Partial<RestoreRequest> = {}) {
  const dir = t.testdir({ store: { 'a.gpg': content.toString() }, to: {} });
  const request: RestoreRequest = {
    source: join(dir, 'store/a.gpg'),
    expected,
    destination: join(dir, 'to/a.gpg'),
    lastModifiedMs: 1_700_000_000_000,
    force: false,
    random: Math.random,
    signal: new AbortController().signal,
    progress: silentByteProgress,
    ...change,
  };
  return { dir, request, left: () => readdirSync(join(dir, 'to')) };
}

/** Calls back after the first piece. */
function onFirstPiece(act: () => void): ByteProgress {
  let acted = false;
  return {
    ...silentByteProgress,
    advanced() {
      if (!acted) act();
      acted = true;
    },
  };
}

t.test('whole, with nothing beside it', async (t) => {
  const { request, left } = prepare(t);
  await restoreArchive(request);
  t.ok(readFileSync(request.destination).equals(content));
  t.same(left(), ['a.gpg']);
});

t.test('interrupted: nothing is left', async (t) => {
  const controller = new AbortController();
  const reason = new AppError('INTERRUPTED', 'stop');
  const { request, left } = prepare(t, {
    signal: controller.signal,
    progress: onFirstPiece(() => controller.abort(reason)),
  });
  await t.rejects(restoreArchive(request), { code: 'INTERRUPTED' });
  t.same(left(), []);
});

t.test('somebody makes a file of that name meanwhile: theirs stays', async (t) => {
  const { request, left, dir } = prepare(t);
  const racing = { ...request, progress: onFirstPiece(() => writeFileSync(join(dir, 'to/a.gpg'), 'theirs')) };
  await t.rejects(restoreArchive(racing), { code: 'DESTINATION_EXISTS' });
  t.equal(readFileSync(request.destination, 'utf8'), 'theirs');
  t.same(left(), ['a.gpg']);
});

t.test('the copy is read back: a byte that changed on its way is noticed', async (t) => {
  const { request, left, dir } = prepare(t);
  const spoil = onFirstPiece(() => {
    const [temporary = ''] = readdirSync(join(dir, 'to'));
    spoiled = join(dir, 'to', temporary);
  });
  let spoiled = '';
  let advanced = 0;
  const progress: ByteProgress = {
    ...spoil,
    advanced(bytes) {
      spoil.advanced(bytes);
      advanced += bytes;
      // All is copied; the reading back begins next.
      if (advanced === content.length) {
        const bad = Buffer.from(content);
        bad[1_234_567] = 0;
        writeFileSync(spoiled, bad);
      }
    },
  };
  await t.rejects(restoreArchive({ ...request, progress }), { code: 'DESTINATION_UNUSABLE', message: /read back/ });
  t.same(left(), []);
});

t.test('not a plain file in the store: damaged, not followed', async (t) => {
  const { request, dir } = prepare(t);
  const link = join(dir, 'link.gpg');
  symlinkSync(request.source, link);
  await t.rejects(restoreArchive({ ...request, source: link }), { code: 'ARCHIVE_DAMAGED', message: /symbolic link/ });
  await t.rejects(restoreArchive({ ...request, source: dir }), { code: 'ARCHIVE_DAMAGED' });
  await t.rejects(restoreArchive({ ...request, source: join(dir, 'none') }), {
    code: 'ARCHIVE_DAMAGED',
    message: /missing/,
  });
});

t.test('a directory at the destination is never replaced', async (t) => {
  const { request, dir } = prepare(t, { force: true });
  mkdirSync(join(dir, 'to/a.gpg'));
  await t.rejects(restoreArchive(request), { code: 'DESTINATION_UNUSABLE' });
});

t.test('streamed: a file that changes after its check is told to be unusable', async (t) => {
  const { Writable } = await import('node:stream');
  const { request } = prepare(t);
  writeFileSync(request.source, Buffer.alloc(content.length, 'x'));
  const sink = new Writable({ write: (_piece, _encoding, done) => setImmediate(done) });
  await t.rejects(streamArchive({ ...request, sink }), { code: 'ARCHIVE_DAMAGED', hint: /must not be used/ });
});

t.test('no space: clear words, and nothing left', async (t) => {
  const { dir } = prepare(t);
  const script = `
    mount -t tmpfs -o size=6m tmpfs to && exec ${process.execPath} --input-type=module -e '
      const { restoreArchive } = await import("${new URL('../../src/jobs/restore-archive.ts', import.meta.url).href}");
      const { silentByteProgress } = await import("${new URL('../../src/jobs/byte-progress.ts', import.meta.url).href}");
      const { readdirSync, writeFileSync } = await import("node:fs");
      const request = (extra) => ({ source: "store/a.gpg", expected: ${JSON.stringify(expected)}, destination: process.cwd() + "/to/a.gpg",
        lastModifiedMs: 0, force: false, random: Math.random, signal: new AbortController().signal, progress: { ...silentByteProgress, ...extra } });
      const fails = async (extra) => { try { await restoreArchive(request(extra)); console.log("restored"); } catch (error) { console.log(error.code, error.message); } };
      // There was room when it began; another program takes it.
      await fails({ advanced() { try { writeFileSync("to/other", Buffer.alloc(4e6)); } catch {} } });
      await fails({});
      console.log(readdirSync("to").join());
    '`;
  // A mount namespace of our own: no root is needed where the kernel lets users have one.
  const { status, stdout, stderr } = spawnSync('unshare', ['-Urm', 'sh', '-c', script], { cwd: dir, encoding: 'utf8' });
  if (status !== 0 && !existsSync('/proc/self/ns/user')) return t.comment('no user namespaces here');
  if (status !== 0) return t.comment(`not tried: ${stderr}`);
  t.match(
    stdout,
    /^DESTINATION_UNUSABLE no room for .*: ENOSPC.*\nDESTINATION_UNUSABLE no room for .*: 5\.0 MB needed, \d\.\d MB free\nother\n$/,
  );
});
