import { HOUR_MS, MINUTE_MS } from '../core/duration.ts';
import type { NamedUpload } from './naming.ts';
import type { ListedUpload, PromoterStorage, UploadFacts } from './promoter-storage.ts';
import { type Promotion, refuseSize } from './promotion.ts';

/** The upload that an event told of, and its rule. */
export interface LaterUpload {
  readonly promotion: Promotion;
  readonly named: NamedUpload;
  readonly facts: UploadFacts;
}

/** S3's clock, which events and LastModified are of, may be so much ahead of ours: an upload that we see has perhaps not ended yet by its event. */
export const CLOCKS_APART_MS = MINUTE_MS;
/** Names have a date in them: what is further back, with an hour for daylight saving and one for clocks, has another. */
const NO_SAME_NAME_MS = 26 * HOUR_MS;
/** Whoever floods the inbox decides what is first in it; so much is read to be right where nobody does. */
const MAX_PAGES = 20;
const MAX_EARLIER = 10;

/**
 * Events come in any order, but a name belongs to the first upload of its period. These are the versions of the same key that were uploaded
 * earlier, as far as that is certain, and could have no other name: the earliest first, at most ten. Their own events are late, or lost. An
 * upload in one piece is taken to have ended before one that was begun later (uploads under one key do not overlap where nobody plays tricks).
 */
export async function earlierUploads(
  storage: PromoterStorage,
  later: LaterUpload,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly Promotion[]> {
  const { source, vaultKey, rule } = later.promotion;
  const found: Promotion[] = [];
  let isBelow = false;
  for await (const listed of firstPages(storage.listUploads(source.key, signal))) {
    // Keys that merely begin with this one come after all of its versions.
    if (listed.key !== source.key) break;
    if (listed.versionId === source.versionId) isBelow = true;
    else if (comesFirst(listed, later, isBelow, nowMs)) {
      const { key, versionId, lastModifiedMs } = listed;
      found.push({ source: { key, versionId }, vaultKey, uploadedAtMs: lastModifiedMs, rule });
      // The listing goes back in time: what was found first is the latest.
      if (found.length > MAX_EARLIER) found.shift();
    }
  }
  return found.toReversed().sort((a, b) => a.uploadedAtMs - b.uploadedAtMs);
}

/** An upload in parts bears the time of its beginning: its end, which names it, lies anywhere between that and now. */
export function isInParts(etag: string): boolean {
  return /-\d+$/.test(etag);
}

function comesFirst(listed: ListedUpload, later: LaterUpload, isBelow: boolean, nowMs: number): boolean {
  const { uploadedAtMs, vaultKey, rule } = later.promotion;
  const { lastModifiedMs, sizeBytes, versionId, etag } = listed;
  // Older than that is most of what a flood has left; nothing is computed for it.
  if (lastModifiedMs < uploadedAtMs - NO_SAME_NAME_MS) return false;
  if (versionId === 'null' || refuseSize(sizeBytes, rule) !== null) return false;
  const oursMs = isInParts(etag) ? later.facts.lastModifiedMs : Math.floor(uploadedAtMs / 1000) * 1000;
  // Within one second only their order in the listing tells.
  if (lastModifiedMs > oursMs || (lastModifiedMs === oursMs && !isBelow)) return false;
  // Before all names of a span are computed: a flood of the hours before costs one each.
  if (later.named.keyAt(lastModifiedMs) !== vaultKey) return false;
  const lastEndMs = isInParts(etag)
    ? nowMs + CLOCKS_APART_MS
    : Math.max(uploadedAtMs, lastModifiedMs + CLOCKS_APART_MS);
  return later.named.keysBetween(lastModifiedMs, lastEndMs).every((key) => key === vaultKey);
}

async function* firstPages(pages: AsyncIterable<readonly ListedUpload[]>): AsyncGenerator<ListedUpload> {
  let count = 0;
  for await (const page of pages) {
    yield* page;
    count += 1;
    if (count === MAX_PAGES) return;
  }
}
