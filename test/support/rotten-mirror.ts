import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { silentByteProgress } from '../../src/jobs/byte-progress.ts';
import { type ScrubReport, scrub } from '../../src/jobs/scrub.ts';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import type { HistoryEntry } from '../../src/store/catalog/history-table.ts';
import { listQuarantine, type QuarantineEntry } from '../../src/store/quarantine.ts';
import { PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import { BUCKET, createMirrorFixture, impatientClock, type MirrorFixture, VAULT } from './mirror-fixture.ts';
import { openItems } from './open-items.ts';

/** Larger than what one request fetches. */
export const LARGE = 'web1/large.tar.gz.gpg';
export const SMALL = 'web1/small.sql.gz.gpg';
export const OTHER = 'web2/other.sql.gz.gpg';
const BODIES: ReadonlyMap<string, Buffer> = new Map([
  [LARGE, Buffer.alloc(9 * 1024 * 1024, 'nine mebibytes ')],
  [SMALL, Buffer.from('the smaller one')],
  [OTHER, Buffer.from('the one beside it, longer')],
]);

/** A store with three archives that were verified long ago, the vault they came from, and what a test of bit rot asks of them. */
export interface RottenMirror extends MirrorFixture {
  body(key: string): Buffer;
  row(key: string): ArchiveRow;
  file(key: string): string;
  /** Other bytes in the file of an archive, as its owner alone can put them there. */
  overwrite(key: string, bytes: Buffer): void;
  /** One bit of it. */
  flip(key: string, position: number): void;
  /** Inode, times, links and bytes: what "untouched" means. */
  stateOf(key: string): string;
  /** A night's scrub; the window is always open. */
  scrub(): Promise<ScrubReport>;
  partials(): string[];
  quarantine(): Promise<QuarantineEntry[]>;
  /** What needs the owner: cause, key and why. */
  attention(): [string, string, string][];
  lastEvent(event: string): HistoryEntry | undefined;
}

export async function createRottenMirror(t: Test): Promise<RottenMirror> {
  const fixture = await createMirrorFixture({
    // One after the other, so that what a repair does to the next one shows.
    yaml: 'downloads: { concurrency: 1 }\nretention: { scrubWindow: "00:00-24:00" }',
  });
  t.teardown(() => fixture.close());
  fixture.server.seed(
    BUCKET,
    [...BODIES].map(([key, body]) => ({ key, body })),
  );
  t.match((await fixture.pass()).vaults[0], { problem: null, downloaded: BODIES.size, repaired: 0 });
  const inPrivate = (folder: string): string => join(fixture.storeDir, PRIVATE_FOLDER, folder);
  const own = {
    body: (key: string) => BODIES.get(key) ?? Buffer.alloc(0),
    row(key: string) {
      const [row] = fixture.catalog.archives.ofKey(VAULT, key);
      if (row === undefined) throw new Error(`${key} is not in the catalog`);
      return row;
    },
    file: (key: string) => join(fixture.storeDir, VAULT, key),
    overwrite(key: string, bytes: Buffer) {
      chmodSync(own.file(key), 0o640);
      writeFileSync(own.file(key), bytes);
      chmodSync(own.file(key), 0o440);
    },
    flip(key: string, position: number) {
      const bytes = Buffer.from(own.body(key));
      bytes.writeUInt8(bytes.readUInt8(position) ^ 0x10, position);
      own.overwrite(key, bytes);
    },
    stateOf(key: string) {
      const { ino, mtimeMs, ctimeMs, mode, nlink } = statSync(own.file(key));
      const hash = createHash('sha256')
        .update(readFileSync(own.file(key)))
        .digest('hex');
      return JSON.stringify([ino, mtimeMs, ctimeMs, mode, nlink, hash]);
    },
    scrub: () =>
      scrub({
        ...fixture.open,
        config: fixture.config,
        clock: impatientClock,
        signal: new AbortController().signal,
        progress: silentByteProgress,
      }),
    partials: () => readdirSync(inPrivate('partial')),
    quarantine: () => listQuarantine(inPrivate('quarantine')),
    attention: () =>
      openItems(fixture.catalog).map(({ cause, archive, why }): [string, string, string] => [cause, archive.key, why]),
    lastEvent: (event: string) => fixture.catalog.history.newest({ event }, 1)[0],
  };
  for (const key of BODIES.keys()) fixture.catalog.archives.recordVerified(own.row(key).id, Date.UTC(2020, 0));
  // The store is opened when it is first asked for.
  return Object.assign(fixture, own);
}
