import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createCRC32, createCRC64 } from 'hash-wasm';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from '../../src/core/archive.ts';
import { type ContractCheck, check, refuses } from './contract-check.ts';
import { patterned, uploadParts } from './upload-parts.ts';

const BODY = patterned(300_000, 7);
const PARTS = [patterned(5 * 2 ** 20, 1), patterned(5 * 2 ** 20, 2), patterned(77, 3)];
const WHOLE = Buffer.concat(PARTS);

/** The checksums by which archives are proven: kept, told, and refused when wrong. */
export const CHECKSUM_CHECKS: readonly ContractCheck[] = [
  ...CHECKSUM_ALGORITHMS.map((algorithm) =>
    check(`a put with ${algorithm} is verified, kept and told`, async ({ s3, bucket }) => {
      const Bucket = await bucket();
      const right = await digest(algorithm, BODY);
      const wrong = await digest(algorithm, Buffer.from('another body'));
      const put = (value: string) =>
        s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY, [`Checksum${algorithm}`]: value }));
      await refuses(put(wrong), 400, 'BadDigest');
      await refuses(s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })), 404);
      await put(right);
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
      assert.deepEqual([head[`Checksum${algorithm}`], head.ChecksumType], [right, 'FULL_OBJECT']);
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
      assert.equal(got[`Checksum${algorithm}`], right);
      assert.ok(BODY.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0)));
    }),
  ),
  check('checksums are told only when asked for, and not for ranges', async ({ connect, bucket }) => {
    const Bucket = await bucket();
    const s3 = connect({ responseChecksumValidation: 'WHEN_REQUIRED' });
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY, ChecksumAlgorithm: 'CRC32' }));
    const silent = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
    assert.equal(silent.ChecksumCRC32, undefined);
    const told = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    assert.equal(told.ChecksumCRC32, await digest('CRC32', BODY));
    const range = await s3.send(
      new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=0-9', ChecksumMode: 'ENABLED' }),
    );
    assert.equal(range.ChecksumCRC32, undefined);
  }),
  check('an object put without a checksum gets CRC64NVME', async ({ connect, bucket }) => {
    const Bucket = await bucket();
    const s3 = connect({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY }));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    assert.equal(head.ChecksumCRC64NVME, await digest('CRC64NVME', BODY));
    assert.equal(head.ChecksumType, 'FULL_OBJECT');
  }),
  ...(['CRC64NVME', 'CRC32', 'CRC32C'] as const).map((algorithm) =>
    check(`parts with ${algorithm} give the whole object's checksum`, async ({ s3, bucket }) => {
      const Bucket = await bucket();
      await uploadParts(s3, { Bucket, Key: 'k', bodies: PARTS, algorithm, type: 'FULL_OBJECT' });
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
      assert.equal(head[`Checksum${algorithm}`], await digest(algorithm, WHOLE));
      assert.equal(head.ChecksumType, 'FULL_OBJECT');
    }),
  ),
  ...(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const).map((algorithm) =>
    check(`parts with ${algorithm} give a composite checksum`, async ({ s3, bucket }) => {
      const Bucket = await bucket();
      await uploadParts(s3, { Bucket, Key: 'k', bodies: PARTS, algorithm });
      const parts = await Promise.all(PARTS.map((part) => digest(algorithm, part)));
      const joined = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
      assert.equal(head[`Checksum${algorithm}`], `${await digest(algorithm, joined)}-${PARTS.length}`);
      assert.equal(head.ChecksumType, 'COMPOSITE');
      const attributes = await s3.send(
        new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: ['ObjectParts'] }),
      );
      const told = (attributes.ObjectParts?.Parts ?? []).map((part) => part[`Checksum${algorithm}`]);
      assert.deepEqual(told, parts);
    }),
  ),
  check('whole-object SHA and composite CRC64NVME of parts are refused', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const create = (ChecksumAlgorithm: ChecksumAlgorithm, ChecksumType: 'FULL_OBJECT' | 'COMPOSITE') =>
      s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k', ChecksumAlgorithm, ChecksumType }));
    await refuses(create('SHA256', 'FULL_OBJECT'), 400, 'InvalidRequest');
    await refuses(create('CRC64NVME', 'COMPOSITE'), 400, 'InvalidRequest');
  }),
  check('a part or a whole with a wrong checksum is refused', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const target = { Bucket, Key: 'k' };
    const options = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ...options }));
    const right = await digest('CRC32', BODY);
    const wrong = await digest('CRC32', Buffer.from('another'));
    const part = (ChecksumCRC32: string) =>
      s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: BODY, ChecksumCRC32 }));
    await refuses(part(wrong), 400, 'BadDigest');
    const { ETag } = await part(right);
    const complete = (ofPart: string, ofWhole: string) => {
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32: ofPart }] };
      return s3.send(
        new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload, ChecksumCRC32: ofWhole }),
      );
    };
    await refuses(complete(wrong, right), 400, 'InvalidPart');
    await refuses(complete(right, wrong), 400, 'BadDigest');
    await complete(right, right);
  }),
  check("a copy has the whole object's checksum, of the source's algorithm", async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await uploadParts(s3, { Bucket, Key: 'k', bodies: PARTS, algorithm: 'SHA256' });
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` }));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'copy', ChecksumMode: 'ENABLED' }));
    assert.deepEqual([head.ChecksumSHA256, head.ChecksumType], [await digest('SHA256', WHOLE), 'FULL_OBJECT']);
    assert.equal(head.ETag, `"${createHash('md5').update(WHOLE).digest('hex')}"`);
  }),
];

/** The checksum of bytes, in base64, by other code than the server's wherever there is any. */
async function digest(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Promise<string> {
  if (algorithm === 'SHA1' || algorithm === 'SHA256') {
    return createHash(algorithm.toLowerCase()).update(bytes).digest('base64');
  }
  if (algorithm === 'CRC32') {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(crc32(bytes));
    return out.toString('base64');
  }
  const hasher = await (algorithm === 'CRC32C' ? createCRC32(0x82f63b78) : createCRC64('9a6c9329ac4bc9b5'));
  return Buffer.from(hasher.init().update(bytes).digest('hex'), 'hex').toString('base64');
}
