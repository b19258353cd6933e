import { AppError } from '../core/errors.ts';
import { scanXml } from './xml-scanner.ts';

/** One object version or delete marker, as a listing spells it. Absent elements are undefined. */
export interface WireEntry {
  key: string | undefined;
  etag: string | undefined;
  size: string | undefined;
  lastModified: string | undefined;
  storageClass: string | undefined;
  versionId: string | undefined;
  isLatest: string | undefined;
  readonly isDeleteMarker: boolean;
}

/** One page of ListObjectsV2 or ListObjectVersions. */
export interface WireListing {
  /** In the server's order. */
  readonly entries: readonly WireEntry[];
  readonly truncated: boolean;
  /** True when keys are percent-encoded: asked for, but some servers ignore it. */
  readonly encoded: boolean;
  readonly nextToken: string | undefined;
  readonly nextKeyMarker: string | undefined;
  readonly nextVersionId: string | undefined;
}

type Root = 'ListBucketResult' | 'ListVersionsResult';

const ENTRIES: ReadonlySet<string> = new Set(['Contents', 'Version', 'DeleteMarker']);

const FIELDS: Readonly<Record<string, Exclude<keyof WireEntry, 'isDeleteMarker'>>> = {
  Key: 'key',
  ETag: 'etag',
  Size: 'size',
  LastModified: 'lastModified',
  StorageClass: 'storageClass',
  VersionId: 'versionId',
  IsLatest: 'isLatest',
};

/**
 * Reads a listing. Throws VAULT_BAD_ANSWER unless the document is whole, has the root that was asked for and says whether more follows:
 * a portal's sign-in page, an empty body or a listing cut between two entries must never pass for a shorter listing.
 */
export function parseListing(document: Buffer, root: Root): WireListing {
  const entries: WireEntry[] = [];
  const page = new Map<string, string>();
  let entry: WireEntry | null = null;
  scanXml(document, {
    open(name, depth) {
      if (depth === 1 && localName(name) !== root) {
        throw new AppError('VAULT_BAD_ANSWER', `the listing is <${name.slice(0, 40)}> where <${root}> was due`);
      }
      if (depth === 2 && ENTRIES.has(localName(name))) entry = newEntry(localName(name) === 'DeleteMarker');
    },
    leaf(name, depth, text) {
      if (depth === 3 && entry !== null) {
        const field = FIELDS[localName(name)];
        if (field !== undefined) entry[field] = text();
      } else if (depth === 2 && entry === null) page.set(localName(name), text());
    },
    close(_name, depth) {
      if (depth !== 2 || entry === null) return;
      entries.push(entry);
      entry = null;
    },
  });
  const truncated = page.get('IsTruncated')?.trim();
  if (truncated !== 'true' && truncated !== 'false') {
    throw new AppError('VAULT_BAD_ANSWER', 'a listing that does not say whether more follows');
  }
  return {
    entries,
    truncated: truncated === 'true',
    encoded: page.get('EncodingType')?.trim() === 'url',
    nextToken: page.get('NextContinuationToken'),
    nextKeyMarker: page.get('NextKeyMarker'),
    nextVersionId: page.get('NextVersionIdMarker'),
  };
}

/** Without a namespace prefix, which no known server uses but XML allows. */
function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(colon + 1);
}

function newEntry(isDeleteMarker: boolean): WireEntry {
  return {
    key: undefined,
    etag: undefined,
    size: undefined,
    lastModified: undefined,
    storageClass: undefined,
    versionId: undefined,
    isLatest: undefined,
    isDeleteMarker,
  };
}
