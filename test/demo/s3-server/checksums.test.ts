import fc from 'fast-check';
import t from 'tap';
import { compositeChecksum, joinCrcs, startChecksum } from '../../../src/demo/s3-server/checksums.ts';

/** The check values of the catalogue of CRC algorithms (reveng), for the nine bytes "123456789". */
const CHECK = Buffer.from('123456789');

t.test('known answers', async (t) => {
  const hex = async (algorithm: Parameters<typeof startChecksum>[0]) => {
    const running = await startChecksum(algorithm);
    running.update(CHECK.subarray(0, 4));
    running.update(CHECK.subarray(4));
    return running.digest().toString('hex');
  };
  t.equal(await hex('CRC32'), 'cbf43926');
  t.equal(await hex('CRC32C'), 'e3069283');
  t.equal(await hex('CRC64NVME'), 'ae8b14860a799888');
  t.equal(await hex('CRC64NVME'), 'ae8b14860a799888', 'a borrowed hasher begins anew');
  t.equal(await hex('SHA1'), 'f7c3bc1d808e04732adf679965ccc34ca7ae3441');
});

t.test('CRCs of parts join to the CRC of the whole', async () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('CRC32', 'CRC32C', 'CRC64NVME'), parts, async (algorithm, bodies) => {
      const digest = async (bytes: Uint8Array) => {
        const running = await startChecksum(algorithm);
        running.update(bytes);
        return running.digest().toString('base64');
      };
      const values = [];
      for (const body of bodies) values.push({ sizeBytes: body.byteLength, value: await digest(body) });
      return joinCrcs(algorithm, values) === (await digest(Buffer.concat(bodies)));
    }),
  );
});

t.test('a composite checksum carries the number of parts', async (t) => {
  t.match(await compositeChecksum('CRC32', ['AAAAAA==', 'AAAAAQ==']), /^[A-Za-z0-9+/]{6}==-2$/);
});
