import { formatUtc } from '../core/zoned-time.ts';
import type { ArchiveFacts, UploadRef } from './promoter-storage.ts';

/** What the promoter writes beside every archive, and knows its own work by. */
export function vaultMetadata(
  source: UploadRef,
  uploadedAtMs: number,
  claimedSha256: string | null,
): Record<string, string> {
  const sha256 = claimedSha256?.trim().toLowerCase() ?? '';
  return {
    'source-key': encodeSourceKey(source.key),
    'source-version': source.versionId,
    'uploaded-at': formatUtc(uploadedAtMs),
    ...(/^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}),
  };
}

/** True when the archive was made of this very version. */
export function isMadeOf(archive: ArchiveFacts, source: UploadRef): boolean {
  const { metadata } = archive;
  return metadata['source-key'] === encodeSourceKey(source.key) && metadata['source-version'] === source.versionId;
}

/** A key in the ASCII that headers can carry: percent-encoded but for slashes. For keys that are text, as those that a rule fits are. */
export function encodeSourceKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}
