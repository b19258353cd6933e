import t from 'tap';
import { runningServer } from './running-server.ts';
import { testS3Contract } from './s3-contract.ts';

/**
 * The contract against a real, independent server, radosgw 16.2 of Debian, started by test/servers/rgw-up.sh:
 * `RGW_ENDPOINT=http://127.0.0.1:18480 npx tap test/contract/radosgw.ts`. Not part of `npm test`.
 */
const DEVIATIONS: readonly string[] = [
  // Conditions that it ignores, silently: nothing may rest on them there.
  'a copy with CopySourceIfMatch of another ETag is refused',
  'PutObject If-None-Match: * does not overwrite in a versioned bucket',
  'CopyObject If-None-Match: * does not overwrite',
  'CompleteMultipartUpload If-None-Match: * does not overwrite',
  'CompleteMultipartUpload If-None-Match: * does not overwrite in a versioned bucket',
  'PutObject If-Match replaces only what it names',
  'DeleteObject If-Match deletes only what it names',
  'UploadPartCopy with CopySourceIfMatch of another ETag is refused',
  'of promotions that race for a name exactly one wins, and the others change nothing',
  'a part copied from a version with another ETag or a version that is gone is refused',
  // It neither keeps nor verifies checksums (Content-MD5 apart).
  'a put with CRC64NVME is verified, kept and told',
  'a put with CRC32C is verified, kept and told',
  'a put with CRC32 is verified, kept and told',
  'a put with SHA1 is verified, kept and told',
  'a put with SHA256 is verified, kept and told',
  'checksums are told only when asked for, and not for ranges',
  'an object put without a checksum gets CRC64NVME',
  "parts with CRC64NVME give the whole object's checksum",
  "parts with CRC32 give the whole object's checksum",
  "parts with CRC32C give the whole object's checksum",
  'parts with CRC32 give a composite checksum',
  'parts with CRC32C give a composite checksum',
  'parts with SHA1 give a composite checksum',
  'parts with SHA256 give a composite checksum',
  'whole-object SHA and composite CRC64NVME of parts are refused',
  'a part or a whole with a wrong checksum is refused',
  "a copy has the whole object's checksum, of the source's algorithm",
  'a promotion in copied parts keeps the bytes, our metadata and a whole CRC64NVME',
  'ranges copied from an upload with CRC64NVME have checksums of their own',
  // Not implemented.
  'a part of a finished object can be read by its number',
  'GetObjectAttributes tells size, class, parts',
  // Other codes, other strictness.
  'another region in the signature is refused',
  'a key of 1,024 bytes is kept, one of 1,025 refused',
  'an unknown version is NoSuchVersion',
  'a delete marker read by its id is MethodNotAllowed',
  'the answer to CompleteMultipartUpload tells the ETag',
  'parts in falling order are refused',
  'listing the parts of an unknown upload is NoSuchUpload',
  'UploadPartCopy refuses a range beyond the source',
];

await testS3Contract(
  t,
  {
    ...runningServer('RGW_ENDPOINT', 'rgw-up.sh'),
    credentials: { accessKeyId: 'AKroot', secretAccessKey: 'SKroot' },
    checksums: 'WHEN_REQUIRED',
  },
  DEVIATIONS,
);
