import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import t from 'tap';
import type { ListedObject } from '../../src/core/archive.ts';
import { isFolderMarker } from '../../src/core/key-path.ts';
import { listVault } from '../../src/jobs/list-vault.ts';
import { silentProgress } from '../../src/jobs/pass-progress.ts';
import { createReconcileContext } from '../../src/jobs/reconcile-vault.ts';
import { hasTime, type ListingPage, type ListRequest, type VaultReader } from '../../src/vault/vault-reader.ts';
import { BUCKET, createMirrorFixture, impatientClock, type MirrorFixture, VAULT } from '../support/mirror-fixture.ts';
import { naiveComparison } from '../support/naive-comparison.ts';

const FULL = { prefix: '', startAfter: null, series: [], reason: 'the whole vault' };

/** The pages of a real vault, cut into smaller ones: their borders lie between any two versions. */
function cutPages(reader: VaultReader, sizes: readonly number[]): VaultReader {
  return {
    ...reader,
    async *list(request: ListRequest) {
      let turn = 0;
      for await (const page of reader.list(request)) {
        let at = 0;
        do {
          const size = sizes[turn++ % sizes.length] ?? 1;
          const objects = page.objects.slice(at, at + size);
          const key = objects.at(-1)?.key ?? null;
          // A delete marker comes before the versions of its key.
          const deletedKeys = at === 0 ? page.deletedKeys : [];
          at += size;
          yield { ...page, objects, deletedKeys, lastKey: at < page.objects.length ? key : page.lastKey };
        } while (at < page.objects.length);
      }
    },
  };
}

async function wholeListing(reader: VaultReader): Promise<{ objects: ListedObject[]; deletedKeys: Set<string> }> {
  const pages: ListingPage[] = [];
  for await (const page of reader.list({ prefix: '', signal: new AbortController().signal })) pages.push(page);
  const objects = pages.flatMap((page) => page.objects.filter(hasTime));
  return {
    objects: objects.filter(({ key, sizeBytes }) => !isFolderMarker(key, sizeBytes)),
    deletedKeys: new Set(pages.flatMap((page) => page.deletedKeys)),
  };
}

const key = fc.constantFrom('a', 'a/b', 'b', 'b-', 'c', 'd', '\uffff', '\u{10000}');
const upload = fc.record({ key, body: fc.constantFrom('1', '2', '33') });
const world = fc.record({
  versioned: fc.boolean(),
  listed: fc.array(upload, { maxLength: 12 }),
  /** By a delete marker, where there are versions. */
  removed: fc.array(key, { maxLength: 3 }),
  /** Known before, and not in the vault: of any state. */
  known: fc.array(fc.record({ key, state: fc.constantFrom('wanted', 'stored', 'pruned'), isGone: fc.boolean() }), {
    maxLength: 12,
  }),
  sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
});

t.test('property: whatever its pages are, a listing finds what a comparison of everything finds', async (t) => {
  await fc.assert(
    fc.asyncProperty(world, async ({ versioned, listed, removed, known, sizes }) => {
      const fixture = await createMirrorFixture({ versioned });
      const reader = fixture.reader();
      const s3 = fixture.s3();
      try {
        fixture.server.seed(
          BUCKET,
          listed.map((one, index) => ({ ...one, lastModifiedMs: 1e12 + index * 1000 })),
        );
        await list(fixture, reader, sizes);
        known.forEach((one, index) => {
          enterKnown(fixture, one, index);
        });
        for (const one of removed) await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: one }));
        const [lost] = listed.filter((one) => !removed.includes(one.key));
        if (lost !== undefined) fixture.server.remove(BUCKET, lost.key);
        fixture.server.seed(
          BUCKET,
          listed.slice(1, 4).map((one) => ({ ...one, body: 'new' })),
        );
        const expected = naiveComparison({
          ...(await wholeListing(reader)),
          known: [...fixture.catalog.known.inKeyRange(VAULT, '', '\u{10FFFF}'.repeat(8))],
          isSeriesOfVersions: () => false,
        });
        const found = await list(fixture, reader, sizes);
        t.strictSame([...found.missing], expected.missingIds);
        t.equal(found.newArchives, expected.fresh.length);
      } finally {
        reader.close();
        s3.destroy();
        await fixture.close();
      }
    }),
    { numRuns: 25 },
  );
});

function list(fixture: MirrorFixture, reader: VaultReader, sizes: readonly number[]) {
  const { config, catalog } = fixture;
  const [vault] = config.vaults;
  if (vault === undefined) throw new Error('the configuration names no vault');
  const context = createReconcileContext({
    ...{ config, catalog, vault, reader: cutPages(reader, sizes), clock: impatientClock, random: Math.random },
    ...{ signal: new AbortController().signal, progress: silentProgress },
  });
  return listVault(context, FULL);
}

function enterKnown(
  { catalog }: MirrorFixture,
  { key, state, isGone }: { key: string; state: string; isGone: boolean },
  index: number,
): void {
  const listed = { key, versionId: `known${index}`, etag: `e${index}`, sizeBytes: 1, storageClass: null };
  const archive = { series: null, state: 'held', reason: null, conflict: false } as const;
  const id = catalog.archives.insert(VAULT, { ...archive, listed: { ...listed, lastModifiedMs: 1e12 } }, 1e12);
  if (state === 'pruned') catalog.retention.drop(id, 'dropped');
  else catalog.archives.markWanted(id, null);
  if (state === 'stored') {
    const stored = { id, path: `${index}`, sha256: '0'.repeat(64), proof: 'etag-md5', suspect: null } as const;
    catalog.archives.recordStored({ ...stored, clearsConflict: false, isConflict: false }, 1e12);
  }
  if (isGone) catalog.archives.markGone(id, 1e12);
}
