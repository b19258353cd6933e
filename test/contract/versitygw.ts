import t from 'tap';
import { runningServer } from './running-server.ts';
import { testS3Contract } from './s3-contract.ts';

/**
 * The contract against versitygw 1.8.0 (POSIX backend), started by test/servers/versitygw-up.sh:
 * `VERSITYGW_ENDPOINT=http://127.0.0.1:18600 npx tap test/contract/versitygw.ts`. Not part of `npm test`.
 */
const DEVIATIONS: readonly string[] = [
  // A key is a path: `a` and `a/1` cannot both be, and names have the limits of files.
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
  // A version can be listed twice where a page ends.
  'pages of versions cover every version once',
  'encoding-type=url carries control characters',
  // Conditions that it ignores, silently, or takes more strictly: a delete marker counts as an object.
  'CopyObject If-None-Match: * does not overwrite',
  'over a delete marker a write with If-None-Match: * succeeds',
  'reading conditions: If-Match, If-None-Match, dates',
  // Object Lock: the bucket's default retention is enforced, but no version tells of it.
  'a default retention locks new versions',
  // A copied range gets the checksum of the whole source, where that has the algorithm of the copy: such a copy cannot be completed.
  'ranges copied from an upload with CRC64NVME have checksums of their own',
  // Checksums of parts in parts' own listings.
  'parts with CRC32 give a composite checksum',
  'parts with CRC32C give a composite checksum',
  'parts with SHA1 give a composite checksum',
  'parts with SHA256 give a composite checksum',
  // Other codes, other strictness.
  'versioning of a locked bucket cannot be suspended',
  'parts in falling order are refused',
  'GetObjectAttributes tells size, class, parts',
  'a version that is gone is deleted once more without an error',
];

await testS3Contract(t, runningServer('VERSITYGW_ENDPOINT', 'versitygw-up.sh'), DEVIATIONS);
