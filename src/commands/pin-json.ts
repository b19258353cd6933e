import type { PinJson } from '../core/output-schemas.ts';
import { formatUtc } from '../core/zoned-time.ts';
import type { PinnedArchive } from '../jobs/pin-archives.ts';

/** One pinned archive for programs. */
export function pinJson({ archive, pin }: PinnedArchive): PinJson {
  return {
    archiveId: archive.id,
    vault: archive.vault,
    key: archive.key,
    state: archive.state,
    reason: pin.reason,
    pinnedAt: formatUtc(pin.pinnedAtMs),
    until: pin.expiresAtMs === null ? null : formatUtc(pin.expiresAtMs),
  };
}
