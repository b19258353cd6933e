import { createHash } from 'node:crypto';
import t from 'tap';
import { compareCopy } from '../../src/promoter/compare-copy.ts';

t.test('how a copy is compared', async (t) => {
  const facts = {
    sizeBytes: 3,
    etag: '900150983cd24fb0d6963f7d28e17f72',
    checksums: {},
    lastModifiedMs: 0,
    isArchived: false,
    claimedSha256: null,
  };
  const onePart = `${createHash('md5').update(Buffer.from(facts.etag, 'hex')).digest('hex')}-1`;
  const archive = { sizeBytes: 3, etag: onePart, checksums: {}, metadata: {} };
  const crc = (value: string) => ({ checksums: { CRC64NVME: value } });
  t.equal(compareCopy(facts, archive), 'etag');
  t.equal(compareCopy(facts, { ...archive, sizeBytes: 4 }), null);
  t.equal(compareCopy(facts, { ...archive, etag: 'other-1' }), 'size');
  t.equal(compareCopy({ ...facts, ...crc('a') }, { ...archive, ...crc('a') }), 'checksum');
  t.equal(compareCopy({ ...facts, ...crc('a') }, { ...archive, ...crc('b') }), null);
  t.equal(compareCopy({ ...facts, checksums: { CRC32: 'a' } }, { ...archive, ...crc('b') }), 'etag');
});
