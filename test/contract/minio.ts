import t from 'tap';
import { runningServer } from './running-server.ts';
import { testS3Contract } from './s3-contract.ts';

/**
 * The contract against MinIO of 2026-02-12, started by test/servers/minio-up.sh:
 * `MINIO_ENDPOINT=http://127.0.0.1:18610 npx tap test/contract/minio.ts`. Not part of `npm test`.
 */
const DEVIATIONS: readonly string[] = [
  // A key is a path: where `a` is an object, `a/1` is accepted and never listed; names have the limits of files.
  'a key of 1,024 bytes is kept, one of 1,025 refused',
  'keys with dots, spaces, signs and Unicode are kept apart',
  'keys are listed in UTF-8 byte order',
  'pages of two cover every key once',
  'start-after begins behind the key, whether it exists or not',
  'prefix and delimiter roll keys up',
  'rolled-up groups count as one and are not repeated on the next page',
  'the old listing pages by marker',
  'a delete marker hides its key from the object listing',
  'in an unversioned bucket the version is null',
  // Conditions that it ignores, silently.
  'CopyObject If-None-Match: * does not overwrite',
  'DeleteObject If-Match deletes only what it names',
  // Parts that are copied get no checksum, and an upload that was begun with one cannot be completed without.
  'a promotion in copied parts keeps the bytes, our metadata and a whole CRC64NVME',
  'ranges copied from an upload with CRC64NVME have checksums of their own',
  'of promotions that race for a name exactly one wins, and the others change nothing',
  'an object put without a checksum gets CRC64NVME',
  // Other codes, other strictness.
  'a put with CRC64NVME is verified, kept and told',
  'a put with CRC32C is verified, kept and told',
  'a put with CRC32 is verified, kept and told',
  'a put with SHA1 is verified, kept and told',
  'a put with SHA256 is verified, kept and told',
  'whole-object SHA and composite CRC64NVME of parts are refused',
  'a part or a whole with a wrong checksum is refused',
  'a locked version cannot be deleted, a marker over it can be made',
  'GOVERNANCE gives way to a bypass, COMPLIANCE to nothing',
  'a retention can be made longer, not shorter',
  'versioning of a locked bucket cannot be suspended',
  'GetObjectAttributes tells size, class, parts',
];

await testS3Contract(t, runningServer('MINIO_ENDPOINT', 'minio-up.sh'), DEVIATIONS);
