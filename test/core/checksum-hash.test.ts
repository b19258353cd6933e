import t from 'tap';
import { createChecksumHash, type HashAlgorithm } from '../../src/core/checksum-hash.ts';

// The check value of each algorithm over '123456789' (CRCs: G. Cook's catalogue; AWS's own test vectors use the same).
const CHECKS: Readonly<Record<HashAlgorithm, string>> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  MD5: '25f9e794323b453885f5181f1b624d0b',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
};

for (const [algorithm, check] of Object.entries(CHECKS) as [HashAlgorithm, string][]) {
  t.test(algorithm, async (t) => {
    const hash = await createChecksumHash(algorithm);
    hash.update(Buffer.from('123456789'));
    t.equal(hash.finish().toString('hex'), check);
    for (const piece of ['12', '', '345678', '9']) hash.update(Buffer.from(piece));
    t.equal(hash.finish().toString('hex'), check, 'again after finish, in pieces');
    const other = await createChecksumHash(algorithm);
    hash.update(Buffer.from('12345'));
    other.update(Buffer.from('something else'));
    hash.update(Buffer.from('6789'));
    t.equal(hash.finish().toString('hex'), check, 'two at a time do not mix');
  });
}

// A word near the top of the range has its sign bit set: the bytes must still be big-endian and unsigned.
t.test('an all-ones CRC32', async (t) => {
  const hash = await createChecksumHash('CRC32');
  hash.update(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  t.equal(hash.finish().toString('hex'), 'ffffffff');
});
