import { readFileSync } from 'node:fs';
import t from 'tap';
import { createCommandFixture, parseOutput } from '../support/command-fixture.ts';

const ARCHIVES = 30_000;
/** A bare Node and the loaded program take some 80 MiB; the whole list held in memory takes far more. */
const MAX_PEAK_KIB = 120 * 1024;

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

const hostile = 'web1/\x1b[2J\x9b31m\u202e\ngpj.gpg';
const [steering] = fixture.store({ key: hostile, content: 'x', path: 'web1/%1B.gpg' });
fixture.store({
  key: 'web1/2026-11-20.tar.gz.gpg',
  content: 'abc',
  series: 'files',
  lastModifiedMs: Date.parse('2026-11-20T03:00:00Z'),
});
fixture.edit((catalog) => {
  const listed = {
    key: 'web1/held.gpg',
    versionId: null,
    etag: 'e',
    sizeBytes: 9,
    lastModifiedMs: 1,
    storageClass: null,
  };
  catalog.archives.insert('web', { listed, series: null, state: 'held', reason: 'too large', conflict: false }, 1);
});

t.test('for people: what is on the disk, in the owner’s timezone, safe for a terminal', async (t) => {
  const { status, stdout } = await fixture.run(['list']);
  t.equal(status, 0);
  t.match(stdout, /2026-11-20 04:00 +3 B +stored +etag-md5 .* web\/web1\/2026-11-20\.tar\.gz\.gpg\n/);
  t.match(stdout, /web\/web1\/\\x1b\[2J\\x9b31m\\u202e\\x0agpj\.gpg/);
  t.notMatch(stdout, /held/);
  t.notMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
});

t.test('for programs: the key as it is, bytes as numbers', async (t) => {
  const { stdout } = await fixture.run(['list', '--all', '--json']);
  t.notMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  const { archives } = parseOutput('list', stdout);
  t.equal(archives.length, 3);
  t.match(
    archives.find(({ id }) => id === steering?.id),
    { key: hostile, path: 'web1/%1B.gpg', sizeBytes: 1, state: 'stored' },
  );
  t.match(
    archives.find(({ state }) => state === 'held'),
    { reason: 'too large', path: null, sha256: null },
  );
});

t.test('what is shown of a key names it, also where another key looks like an escape', async (t) => {
  fixture.store({ key: 'odd/a\nb', content: '1', path: 'odd/1' }, { key: 'odd/a\\x0ab', content: '2', path: 'odd/2' });
  fixture.store({ key: 'odd/only\u202e\\', content: '3', path: 'odd/3' });
  const { stdout } = await fixture.run(['list']);
  t.match(stdout, ' web/odd/a\\x0ab\n');
  t.match(stdout, ' web/odd/a\\\\x0ab\n');
  // One after the other: each records what it found and wants the store's lock for it.
  const one = await fixture.run(['verify', 'web/odd/only\\u202e\\\\', '--json']);
  const literal = await fixture.run(['verify', 'odd/a\\\\x0ab', '--json']);
  const unclear = await fixture.run(['restore', 'odd/a\\x0ab', '--json']);
  t.match([one.status, literal.status, unclear.status], [0, 0, 1], one.stdout + literal.stdout);
  t.match(parseOutput('error', unclear.stdout).error, {
    message: /any of: web\/odd\/a\\\\x0ab, web\/odd\/a\\x0ab$/,
    hint: /--archive ID/,
  });
});

t.test('one series, one vault; a mistyped name is no empty answer', async (t) => {
  const [series, vault, none] = await Promise.all([
    fixture.run(['list', 'files', '--json']),
    fixture.run(['list', '--vault', 'webb']),
    fixture.run(['list', 'flies', '--json']),
  ]);
  t.equal(parseOutput('list', series.stdout).archives.length, 1);
  t.equal(vault.status, 2);
  t.equal(parseOutput('error', none.stdout).error.code, 'USAGE');
});

t.test(`${ARCHIVES} archives do not pile up in memory, and a reader may leave`, async (t) => {
  fixture.edit((catalog) =>
    catalog.transaction(() => {
      for (let i = 0; i < ARCHIVES; i += 1) {
        const key = `many/${String(i).padStart(8, '0')}/${'k'.repeat(900)}.tar.gz.gpg`;
        const listed = { key, versionId: null, etag: 'e', sizeBytes: i, lastModifiedMs: i, storageClass: 'STANDARD' };
        catalog.archives.insert('web', { listed, series: null, state: 'wanted', reason: null, conflict: false }, i);
      }
    }),
  );
  let peakKib = 0;
  const { status, stdout } = await fixture.run(['list', '--all', '--json'], {
    restarts: true,
    meanwhile: (child) =>
      child.stdout?.on('data', () => {
        peakKib = Math.max(peakKib, peakOf(child.pid));
      }),
  });
  t.equal(status, 0);
  // What each of them looks like is compared with the schema above.
  t.equal((JSON.parse(stdout) as { archives: unknown[] }).archives.length, ARCHIVES + 6);
  t.ok(peakKib > 0 && peakKib < MAX_PEAK_KIB, `${peakKib} KiB`);

  const left = await fixture.run(['list', '--all'], {
    meanwhile: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
  });
  t.equal(left.status, 0);
  t.equal(left.stderr, '');
});

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
