import { HOUR_MS } from '../core/duration.ts';
import type { Decision, DecisionKind } from './decision.ts';
import { CLOCKS_APART_MS, isInParts } from './earlier-uploads.ts';
import type { HandlingTools } from './handle-upload.ts';
import type { NamedUpload, Naming } from './naming.ts';
import { OldestByName } from './oldest-by-name.ts';
import { promote } from './promote.ts';
import type { ArchiveFacts, ListedUpload, PromoterStorage, UploadRef } from './promoter-storage.ts';
import { decisionOf, examineUpload, type Promotion, refuseSize } from './promotion.ts';
import { isRefusedForGood } from './storage-error.ts';
import type { SweepReport } from './sweep-report.ts';
import { SweepTally } from './sweep-tally.ts';
import { isMadeOf } from './vault-metadata.ts';

export interface SweepLimits {
  readonly signal: AbortSignal;
  readonly listingSignal: AbortSignal;
  readonly eventDelayMs: number;
}

interface SweepTools extends HandlingTools {
  readonly lookUp: PromoterStorage['headArchive'];
}

/** A version that may be promoted. */
interface Candidate {
  readonly listed: ListedUpload;
  readonly source: UploadRef;
  readonly named: NamedUpload;
  readonly lastModifiedMs: number;
  readonly vaultKey: string;
}

/** More than one of a name, because the oldest may turn out to be unreadable. */
const PER_NAME = 3;
const MAX_NAMES = 5_000;
const MAX_REMEMBERED = 20_000;
/** So far after LastModified names are looked at: longer than the longest day, after which every name is another one. */
const NAMES_SPAN_MS = 26 * HOUR_MS;

/** Everything in the inbox, whether its event came or not. See `Promoter.sweep`. */
export async function sweepInbox(tools: HandlingTools, limits: SweepLimits): Promise<SweepReport> {
  const tally = new SweepTally();
  const candidates = await collect(tools, AbortSignal.any([limits.signal, limits.listingSignal]), tally);
  const lookUp = rememberArchives(tools.storage);
  const kept = new Set<string>();
  for (const candidate of candidates) {
    if (limits.signal.aborted) {
      tally.leaveUnfinished();
      break;
    }
    if (kept.has(candidate.vaultKey)) {
      tally.leaveUnfinished();
      continue;
    }
    try {
      const decision = await deal({ ...tools, lookUp }, candidate, limits);
      tally.decide(decision.kind, candidate.listed);
      tools.log({ event: 'decision', during: 'sweep', decision });
    } catch (error) {
      if (limits.signal.aborted) tally.leaveUnfinished();
      // One that cannot be dealt with must not keep the others from being done.
      tally.countFailure();
      tools.log({ event: 'failed', ...candidate.source, error });
      // But its name is kept for it: the next sweep may be luckier, and the first upload of a period is the one that counts.
      if (!isRefusedForGood(error)) kept.add(candidate.vaultKey);
    }
  }
  return tally.report();
}

/** Lists the inbox. What can be judged by the listing alone is counted; the rest is given, the oldest first. */
async function collect(tools: HandlingTools, signal: AbortSignal, tally: SweepTally): Promise<readonly Candidate[]> {
  const oldest = new OldestByName<Candidate>({ perName: PER_NAME, maxNames: MAX_NAMES });
  try {
    for await (const page of tools.storage.listUploads('', signal)) {
      for (const listed of page) {
        tally.countListed();
        const judged = judge(listed, tools.naming);
        if (typeof judged === 'string') tally.decide(judged, listed);
        else {
          const second = oldest.add(judged);
          if (second !== null) tally.decide('name-taken', second.listed);
        }
      }
    }
  } catch (error) {
    tally.leaveUnfinished();
    if (!signal.aborted) {
      // What was listed before can still be promoted.
      tally.countFailure();
      tools.log({ event: 'failed', key: null, versionId: null, error });
    }
  }
  const candidates = oldest.inOrder();
  if (oldest.hasForgotten) tally.leaveUnfinished();
  return candidates;
}

function judge(listed: ListedUpload, naming: Naming): DecisionKind | Candidate {
  const { key, versionId, lastModifiedMs, sizeBytes } = listed;
  if (versionId === 'null') return 'not-versioned';
  const named = key === null ? null : naming.find(key);
  if (key === null || named === null) return 'unknown-name';
  const refused = refuseSize(sizeBytes, named.rule);
  if (refused !== null) return refused;
  const vaultKey = named.keyAt(lastModifiedMs);
  if (vaultKey === null) return 'unknown-name';
  return { listed, source: { key, versionId }, named, lastModifiedMs, vaultKey };
}

/**
 * Finds the one name that the upload's own event could have given it too, so that no version ever gets two: the only name possible since
 * LastModified; or, when its event cannot come any more, the one that a crashed promotion has given it, or else, for an upload in one piece,
 * that of LastModified.
 */
async function deal(tools: SweepTools, candidate: Candidate, limits: SweepLimits): Promise<Decision> {
  const { listed, source, named, lastModifiedMs, vaultKey } = candidate;
  const ageMs = tools.now() - lastModifiedMs;
  const promotion = { source, vaultKey, uploadedAtMs: lastModifiedMs, rule: named.rule };
  const lastEndMs = lastModifiedMs + Math.min(ageMs + CLOCKS_APART_MS, NAMES_SPAN_MS);
  const names = named.keysBetween(lastModifiedMs, lastEndMs);
  if (names.length === 1) return promoteNamed(tools, promotion, limits.signal);
  const leave = (kind: DecisionKind): Decision => decisionOf(promotion, listed.sizeBytes, { kind });
  if (ageMs < limits.eventDelayMs) return leave('waits');
  for (const name of names) {
    const archive = await tools.lookUp(name, limits.signal);
    if (archive !== null && isMadeOf(archive, source)) {
      return promoteNamed(tools, { ...promotion, vaultKey: name }, limits.signal);
    }
  }
  // Begun then, finished nobody knows when: LastModified is a date that its uploader chose.
  if (isInParts(listed.etag)) return leave('time-unknown');
  return promoteNamed(tools, promotion, limits.signal);
}

async function promoteNamed(tools: SweepTools, promotion: Promotion, signal: AbortSignal): Promise<Decision> {
  // Most of what is left lies under a name that is taken, and is found here every day.
  const archive = await tools.lookUp(promotion.vaultKey, signal);
  if (archive !== null && !isMadeOf(archive, promotion.source)) {
    return decisionOf(promotion, null, { kind: 'name-taken' });
  }
  const examined = await examineUpload(tools.storage, promotion, signal);
  return 'decision' in examined ? examined.decision : promote(tools, promotion, examined.facts, signal);
}

/**
 * Asks for each name once in a sweep. Good for telling that a name is another's, which never changes; whoever is about to write or to delete
 * (`promote`) asks again.
 */
function rememberArchives(storage: PromoterStorage): PromoterStorage['headArchive'] {
  const known = new Map<string, ArchiveFacts | null>();
  return async (vaultKey, signal) => {
    const remembered = known.get(vaultKey);
    if (remembered !== undefined) return remembered;
    const archive = await storage.headArchive(vaultKey, signal);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(vaultKey, archive);
    return archive;
  };
}
