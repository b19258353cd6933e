import t from 'tap';
import type { ObjectFacts } from '../../src/core/archive.ts';
import { planProof } from '../../src/core/proof-plan.ts';

const MIB = 2 ** 20;
const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const SHA256 = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
const SHA1 = '2jmj7l5rSw0yVb/vlWAYkK/YBwk=';
const CRC32 = 'AAAAAA==';
const CRC64 = 'AAAAAAAAAAA=';

const facts = (overrides: Partial<ObjectFacts> = {}): ObjectFacts => ({
  sizeBytes: 20 * MIB,
  etag: MD5,
  checksums: {},
  checksumType: null,
  etagIsOpaque: false,
  uploaderSha256: null,
  storageClass: null,
  lastModifiedMs: null,
  ...overrides,
});

t.test('the cheapest whole-object checksum wins', async (t) => {
  const all = { SHA1, CRC32C: CRC32, CRC32, CRC64NVME: CRC64, SHA256 };
  const order = ['SHA256', 'CRC64NVME', 'CRC32', 'CRC32C', 'SHA1'] as const;
  const left: Record<string, string> = { ...all };
  for (const algorithm of order) {
    t.match(planProof(facts({ checksums: left, checksumType: 'full' }), null, null), {
      proof: 'checksum-full',
      algorithm,
      expected: all[algorithm],
    });
    delete left[algorithm];
  }
  t.match(planProof(facts({ checksums: left, checksumType: 'full' }), null, null), {
    proof: 'etag-md5',
    expected: MD5,
  });
});

t.test('a value that is no digest of its algorithm is left aside', async (t) => {
  for (const bad of ['', 'AAAA', '????????', `${CRC32} `, 'AAAAAAAA', `${CRC32}-2`]) {
    t.equal(planProof(facts({ checksums: { CRC32: bad } }), null, null).proof, 'etag-md5', JSON.stringify(bad));
  }
});

t.test('without a checksum type, only CRC64NVME is believed to be of the whole of an upload in parts', async (t) => {
  const etag = `${MD5}-3`;
  t.equal(planProof(facts({ etag, checksums: { CRC32 } }), null, null).proof, 'etag-multipart');
  t.match(planProof(facts({ etag, checksums: { CRC32, CRC64NVME: CRC64 } }), null, null), { algorithm: 'CRC64NVME' });
  t.match(planProof(facts({ etag, checksums: { CRC32 }, checksumType: 'full' }), null, null), { algorithm: 'CRC32' });
});

t.test('composite checksums need the sizes of the parts', async (t) => {
  const composite = facts({ etag: `${MD5}-3`, checksums: { CRC32: `${CRC32}-3` }, checksumType: 'composite' });
  const sizesBytes = [8 * MIB, 8 * MIB, 4 * MIB];
  t.match(planProof(composite, { sizesBytes, checksums: {} }, null), {
    proof: 'checksum-parts',
    algorithm: 'CRC32',
    expected: CRC32,
    partCount: 3,
    layouts: [{ sizesBytes }],
    certain: true,
  });
  t.match(planProof(composite, null, { sizeBytes: 8 * MIB, count: 3 }), {
    proof: 'checksum-parts',
    layouts: [{ eachBytes: 8 * MIB }],
    certain: false,
  });
  t.equal(planProof(composite, null, null).proof, 'etag-multipart', 'not known yet');
  const short = { sizesBytes: [8 * MIB, 8 * MIB], checksums: {} };
  t.equal(planProof(composite, short, null).proof, 'etag-multipart', 'two parts of three');
  const more = { sizesBytes: [8 * MIB, 8 * MIB, 8 * MIB], checksums: {} };
  t.equal(planProof(composite, more, null).proof, 'etag-multipart', 'parts that do not add up');
  t.equal(planProof(composite, null, { sizeBytes: 7 * MIB, count: 4 }).proof, 'etag-multipart');
  t.equal(planProof(composite, null, { sizeBytes: 5 * MIB, count: 3 }).proof, 'etag-multipart', '4 x 5 MiB, not 3');
  t.equal(planProof({ ...composite, etag: 'opaque' }, null, null).proof, 'length-only');
});

t.test('a multipart ETag takes known sizes, else guesses at most three', async (t) => {
  const etag = `${MD5}-3`;
  t.match(planProof(facts({ etag }), null, { sizeBytes: 7 * MIB, count: 3 }), { layouts: [{ eachBytes: 7 * MIB }] });
  t.same(planProof(facts({ etag }), null, null), {
    proof: 'etag-multipart',
    expected: MD5,
    partCount: 3,
    layouts: [{ eachBytes: 8 * MIB }, { eachBytes: 8_000_000 }, { eachBytes: 10_000_000 }],
    sizeBytes: 20 * MIB,
    uploaderSha256: null,
  });
  const two = planProof(facts({ etag: `${MD5}-2` }), null, null);
  t.match(two, { layouts: [{ eachBytes: 15 * MIB }, { eachBytes: 16 * MIB }, { eachBytes: 10 * MIB }] });
  t.equal(planProof(facts({ etag: `${MD5}-19` }), null, null).proof, 'length-only', 'no usual size gives 19 parts');
  t.match(planProof(facts({ etag: `${MD5}-1` }), null, null), { layouts: [{ eachBytes: 20 * MIB }] });
  t.match(planProof(facts({ etag: `${MD5}-1`, sizeBytes: 0 }), null, null), { layouts: [{ eachBytes: 1 }] });
});

t.test('ETags that prove nothing', async (t) => {
  for (const etag of ['', 'abc', `${MD5}x`, `${MD5}-0`, `${MD5}-10001`, `${MD5}-`, `x${MD5}`]) {
    t.equal(planProof(facts({ etag }), null, null).proof, 'length-only', etag);
  }
  t.equal(planProof(facts({ etagIsOpaque: true }), null, null).proof, 'length-only');
  t.match(planProof(facts({ etag: MD5.toUpperCase() }), null, null), { proof: 'etag-md5', expected: MD5 });
});
