import type { ListObjectVersionsCommandOutput, ObjectVersion } from '@aws-sdk/client-s3';
import { decodeListingKey } from '../core/decode-listing-key.ts';
import type { ListedUpload } from './promoter-storage.ts';
import { StorageError } from './storage-error.ts';

export interface VersionMarkers {
  readonly KeyMarker?: string;
  readonly VersionIdMarker?: string;
}

/** All pages of a listing of versions, delete markers left out. `ask` gives the page after the markers, keys in the url encoding. */
export async function* pagesOfVersions(
  ask: (markers: VersionMarkers) => Promise<ListObjectVersionsCommandOutput>,
): AsyncGenerator<readonly ListedUpload[]> {
  let markers: VersionMarkers = {};
  for (;;) {
    const page = await ask(markers);
    const decode = (text: string): string | null => (page.EncodingType === 'url' ? decodeListingKey(text) : text);
    yield (page.Versions ?? []).map((version) => readVersion(version, decode));
    if (page.IsTruncated !== true) return;
    const next = nextMarkers(page, decode);
    if (next === null || (next.KeyMarker === markers.KeyMarker && next.VersionIdMarker === markers.VersionIdMarker)) {
      throw new StorageError({
        ...{ operation: 'ListObjectVersions', place: page.Name ?? '', code: '', status: 200 },
        detail: 'the listing cannot be continued after a key that is no text',
      });
    }
    markers = next;
  }
}

function nextMarkers(
  page: ListObjectVersionsCommandOutput,
  decode: (text: string) => string | null,
): VersionMarkers | null {
  const key = decode(page.NextKeyMarker ?? '');
  if (key === null || key === '') return null;
  return page.NextVersionIdMarker === undefined || page.NextVersionIdMarker === ''
    ? { KeyMarker: key }
    : { KeyMarker: key, VersionIdMarker: page.NextVersionIdMarker };
}

function readVersion(version: ObjectVersion, decode: (text: string) => string | null): ListedUpload {
  return {
    key: decode(version.Key ?? ''),
    versionId: version.VersionId ?? 'null',
    lastModifiedMs: version.LastModified?.getTime() ?? 0,
    sizeBytes: version.Size ?? 0,
    etag: (version.ETag ?? '').replaceAll('"', ''),
  };
}
