import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import type { ObjectFacts } from '../../src/core/archive.ts';
import { createArchiveDigests, type DigestResult } from '../../src/core/archive-digests.ts';
import { createChecksumHash } from '../../src/core/checksum-hash.ts';
import { type ProofPlan, planProof } from '../../src/core/proof-plan.ts';

const base: ObjectFacts = {
  sizeBytes: 0,
  etag: 'opaque',
  checksums: {},
  checksumType: null,
  etagIsOpaque: false,
  uploaderSha256: null,
  storageClass: null,
  lastModifiedMs: null,
};

const md5 = (data: Uint8Array): Buffer => createHash('md5').update(data).digest();
const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

function crc32Bytes(data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(data));
  return bytes;
}

async function digest(algorithm: 'CRC64NVME' | 'CRC32C' | 'SHA1', data: Uint8Array): Promise<string> {
  const hash = await createChecksumHash(algorithm);
  hash.update(data);
  return hash.finish().toString('base64');
}

function cut(data: Buffer, sizes: readonly number[]): Buffer[] {
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return data.subarray(from - size, from);
  });
}

function uniform(size: number, part: number): number[] {
  const count = Math.max(1, Math.ceil(size / part));
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? part : size - part * (count - 1)));
}

/** Every plan there is for these bytes, from what an honest vault would say about them. */
async function plansFor(data: Buffer, part: number): Promise<ProofPlan[]> {
  const facts = { ...base, sizeBytes: data.length };
  const full = (checksums: ObjectFacts['checksums']): ProofPlan =>
    planProof({ ...facts, checksums, checksumType: 'full' }, null, null);
  const sizesBytes = uniform(data.length, part);
  const parts = cut(data, sizesBytes);
  const firstPart = { sizeBytes: sizesBytes[0] ?? 0, count: parts.length };
  const composite = crc32Bytes(Buffer.concat(parts.map(crc32Bytes))).toString('base64');
  const compositeSha = sha256(Buffer.concat(parts.map(sha256))).toString('base64');
  const etag = `${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${parts.length}`;
  return [
    full({ SHA256: sha256(data).toString('base64') }),
    full({ CRC64NVME: await digest('CRC64NVME', data) }),
    full({ CRC32C: await digest('CRC32C', data) }),
    full({ CRC32: crc32Bytes(data).toString('base64') }),
    full({ SHA1: await digest('SHA1', data) }),
    planProof({ ...facts, checksums: { CRC32: `${composite}-${parts.length}` } }, { sizesBytes, checksums: {} }, null),
    planProof({ ...facts, checksums: { SHA256: `${compositeSha}-${parts.length}` } }, null, firstPart),
    planProof({ ...facts, etag: md5(data).toString('hex') }, null, null),
    planProof({ ...facts, etag }, null, firstPart),
    planProof(facts, null, null),
  ];
}

async function run(plan: ProofPlan, chunks: readonly Uint8Array[]): Promise<DigestResult> {
  const digests = await createArchiveDigests(plan);
  for (const chunk of chunks) digests.update(chunk);
  return digests.finish();
}

/** Cuts at arbitrary places, empty chunks included. */
function chunked(data: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (data.length + 1)).sort((a, b) => a - b), data.length];
  return places.slice(1).map((place, i) => data.subarray(places[i], place));
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((array) => Buffer.from(array));

t.test('any chunking of the right bytes matches every proof', async () => {
  await fc.assert(
    fc.asyncProperty(
      bytes,
      fc.integer({ min: 1, max: 400 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      async (data, part, cuts) => {
        for (const plan of await plansFor(data, part)) {
          const result = await run(plan, chunked(data, cuts));
          const good =
            result.matched && !result.accuses && result.proof === plan.proof && result.expected === result.actual;
          if (!good || result.sha256 !== sha256(data).toString('hex'))
            throw new Error(`${plan.proof}: ${JSON.stringify(result)}`);
        }
      },
    ),
    { numRuns: 60 },
  );
});

t.test('a flipped bit is seen by every proof but the length', async () => {
  await fc.assert(
    fc.asyncProperty(
      bytes,
      fc.integer({ min: 1, max: 400 }),
      fc.nat(),
      fc.nat({ max: 7 }),
      async (data, part, at, bit) => {
        const plans = await plansFor(data, part);
        const bad = Buffer.from(data);
        bad[at % bad.length] = (bad[at % bad.length] ?? 0) ^ (1 << bit);
        for (const plan of plans) {
          const result = await run(plan, [bad]);
          const accusing = plan.proof === 'checksum-full' || (plan.proof === 'checksum-parts' && plan.certain);
          if (
            result.matched !== (plan.proof === 'length-only') ||
            result.accuses !== accusing ||
            result.proof === 'checksum-full'
          ) {
            throw new Error(`${plan.proof}: ${JSON.stringify(result)}`);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

t.test('a wrong length accuses, whatever the proof', async (t) => {
  const data = Buffer.from('0123456789');
  for (const plan of await plansFor(data, 4)) {
    for (const wrong of [data.subarray(0, 9), Buffer.concat([data, Buffer.from('x')]), Buffer.alloc(0)]) {
      t.match(await run(plan, [wrong]), {
        matched: false,
        accuses: true,
        expected: '10 bytes',
        actual: `${wrong.length} bytes`,
        planned: plan.proof,
      });
    }
  }
});

t.test('parts of unlike sizes', async (t) => {
  const data = Buffer.from('the quick brown fox jumps over the lazy dog');
  const sizesBytes = [1, 20, 5, data.length - 26];
  const composite = crc32Bytes(Buffer.concat(cut(data, sizesBytes).map(crc32Bytes))).toString('base64');
  const plan = planProof(
    { ...base, sizeBytes: data.length, checksums: { CRC32: `${composite}-4` } },
    { sizesBytes, checksums: {} },
    null,
  );
  t.match(await run(plan, chunked(data, [3, 3, 22])), { matched: true, proof: 'checksum-parts', actual: composite });
});

t.test('a wrong guess of the part size accuses nobody and proves the length', async (t) => {
  const data = Buffer.alloc(3000, 7);
  const parts = cut(data, [1700, 1300]);
  const etag = `${md5(Buffer.concat(parts.map(md5))).toString('hex')}-2`;
  const plan = planProof({ ...base, sizeBytes: 3000, etag }, null, { sizeBytes: 1500, count: 2 });
  t.match(await run(plan, [data]), { matched: false, accuses: false, planned: 'etag-multipart', proof: 'length-only' });
});

t.test('of several guesses any may be right', async (t) => {
  const MIB = 2 ** 20;
  const data = Buffer.alloc(20 * MIB, 'pullmirror');
  for (const part of [15 * MIB, 16 * MIB, 10 * MIB]) {
    const parts = cut(data, uniform(data.length, part));
    const etag = `${md5(Buffer.concat(parts.map(md5))).toString('hex')}-2`;
    const plan = planProof({ ...base, sizeBytes: data.length, etag }, null, null);
    t.match(await run(plan, chunked(data, [65_536, 9_999_999])), { matched: true, proof: 'etag-multipart' });
  }
});

t.test('an empty object, plain and as one empty part', async (t) => {
  const empty = md5(Buffer.alloc(0));
  const plain = planProof({ ...base, etag: empty.toString('hex') }, null, null);
  t.match(await run(plain, []), { matched: true, proof: 'etag-md5' });
  const part = planProof({ ...base, etag: `${md5(empty).toString('hex')}-1` }, null, null);
  t.match(await run(part, []), { matched: true, proof: 'etag-multipart' });
});

t.test('the uploader’s own sum', async (t) => {
  const data = Buffer.from('abc');
  const said = (uploaderSha256: string | null): ProofPlan =>
    planProof({ ...base, sizeBytes: 3, uploaderSha256 }, null, null);
  t.equal((await run(said(null), [data])).uploaderAgrees, null);
  t.equal((await run(said(sha256(data).toString('hex')), [data])).uploaderAgrees, true);
  t.match(await run(said('0'.repeat(64)), [data]), { uploaderAgrees: false, accuses: false, matched: true });
});
