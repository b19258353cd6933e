/** One object version as a listing shows it. Everything in it is untrusted. */
export interface ListedObject {
  readonly key: string;
  /** null in unversioned buckets; S3's literal "null" version is kept as the string 'null'. */
  readonly versionId: string | null;
  /** Without the quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** S3's clock, milliseconds since 1970 UTC. */
  readonly lastModifiedMs: number;
  /** 'STANDARD', 'GLACIER', …; null when the listing does not say. */
  readonly storageClass: string | null;
}

const OWN_SUMS = 'own-sums:';

/**
 * Stands for the ETag of an archive that the vault had lost when its row was made from the file: no vault says such a one, and the path makes it
 * unlike any other. A listing that shows the archive again gives it its own.
 */
export function ownSumsEtag(path: string): string {
  return OWN_SUMS + path;
}

export function isOwnSumsEtag(etag: string): boolean {
  return etag.startsWith(OWN_SUMS);
}

/** What names one object version for HEAD and GET. */
export type ObjectRef = Pick<ListedObject, 'key' | 'versionId' | 'etag' | 'sizeBytes'>;

export const CHECKSUM_ALGORITHMS = ['CRC64NVME', 'CRC32C', 'CRC32', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** What HEAD (or the headers of GET) says about one object version. */
export interface ObjectFacts {
  readonly sizeBytes: number;
  readonly etag: string;
  /** Base64, as S3 sends them; a composite one ends in `-N`. */
  readonly checksums: Partial<Readonly<Record<ChecksumAlgorithm, string>>>;
  readonly checksumType: 'full' | 'composite' | null;
  /** True when the ETag cannot be an MD5 (SSE-KMS, SSE-C). */
  readonly etagIsOpaque: boolean;
  /** Object metadata `sha256` of the uploader: 64 lower-case hex digits, or null. */
  readonly uploaderSha256: string | null;
  readonly storageClass: string | null;
  readonly lastModifiedMs: number | null;
}

/**
 * How an archive was proven against the vault, strongest first:
 * checksum of the whole object, checksum of its parts' checksums, MD5 ETag, ETag of parts' MD5s, or nothing but its length.
 * own-sums: the catalog was made anew when the vault had lost the archive already; what vouches for it is our own SHA256SUMS.
 */
export const PROOFS = [
  'checksum-full',
  'checksum-parts',
  'etag-md5',
  'etag-multipart',
  'length-only',
  'own-sums',
] as const;
export type Proof = (typeof PROOFS)[number];

/**
 * wanted: listed, to be downloaded. unwanted: listed, and the keep rules would remove it at once. held: listed, waits for the owner.
 * unavailable: cannot be downloaded now (archived class, denied, failed twice), see `reason`. stored: verified on the disk.
 * removing, pruned: on its way out, gone by the keep rules or the owner's word.
 */
export const ARCHIVE_STATES = ['wanted', 'unwanted', 'held', 'unavailable', 'stored', 'removing', 'pruned'] as const;
export type ArchiveState = (typeof ARCHIVE_STATES)[number];
