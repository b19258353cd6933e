import { HOUR_MS } from '../core/duration.ts';
import type { Decision, DecisionKind } from './decision.ts';
import { CLOCKS_APART_MS, isInParts } from './earlier-uploads.ts';
import type { HandlingTools } from './handle-upload.ts';
import type { NamedUpload, Naming } from './naming.ts';
import { OldestByName } from './oldest-by-name.ts';
import { examineAndPromote } from './promote.ts';
import type { ListedUpload } from './promoter-storage.ts';
import { decisionOf, type Promotion, refuseSize } from './promotion.ts';
import { type OwnsName, rememberOwners } from './remember-owners.ts';
import { isRefusedForGood } from './storage-error.ts';
import type { SweepReport } from './sweep-report.ts';
import { type CountedUpload, SweepTally } from './sweep-tally.ts';

export interface SweepLimits {
  readonly signal: AbortSignal;
  readonly listingSignal: AbortSignal;
  readonly eventDelayMs: number;
}

interface SweepTools extends HandlingTools {
  readonly ownsName: OwnsName;
}

/** A version that may be promoted, and the name that it gets if LastModified gives it. */
interface Candidate extends Promotion {
  readonly listed: ListedUpload;
  readonly named: NamedUpload;
}

/** More than one of a name, because the oldest may turn out to be unreadable. */
const PER_NAME = 3;
const MAX_NAMES = 5_000;
/** So far after LastModified names are looked at: longer than the longest day, after which every name is another one. */
const NAMES_SPAN_MS = 26 * HOUR_MS;

/** Everything in the inbox, whether its event came or not. See `Promoter.sweep`. */
export async function sweepInbox(tools: HandlingTools, limits: SweepLimits): Promise<SweepReport> {
  const tally = new SweepTally();
  const candidates = await collect(tools, AbortSignal.any([limits.signal, limits.listingSignal]), tally);
  const decided = (decision: Decision, upload: CountedUpload): void => {
    tally.decide(decision.kind, upload);
    tools.log({ event: 'decision', during: 'sweep', decision });
  };
  const ownsName = rememberOwners(tools, decided, limits.signal);
  const kept = new Set<string>();
  for (const candidate of candidates) {
    if (limits.signal.aborted || kept.has(candidate.vaultKey)) {
      tally.leaveUnfinished();
      continue;
    }
    try {
      decided(await deal({ ...tools, ownsName }, candidate, limits), candidate.listed);
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
  const { key, versionId, lastModifiedMs: uploadedAtMs, sizeBytes } = listed;
  if (versionId === 'null') return 'not-versioned';
  const named = key === null ? null : naming.find(key);
  if (key === null || named === null) return 'unknown-name';
  const refused = refuseSize(sizeBytes, named.rule);
  if (refused !== null) return refused;
  const vaultKey = named.keyAt(uploadedAtMs);
  if (vaultKey === null) return 'unknown-name';
  return { listed, named, source: { key, versionId }, vaultKey, uploadedAtMs, rule: named.rule };
}

/**
 * Finds the one name that the upload's own event could have given it too, so that no version ever gets two: the only name possible since
 * LastModified; or, when its event cannot come any more, the one that a crashed promotion has given it, or else, for an upload in one piece,
 * that of LastModified.
 */
async function deal(tools: SweepTools, candidate: Candidate, { signal, eventDelayMs }: SweepLimits): Promise<Decision> {
  const { listed, named, uploadedAtMs } = candidate;
  const ageMs = tools.now() - uploadedAtMs;
  const names = named.keysBetween(uploadedAtMs, uploadedAtMs + Math.min(ageMs + CLOCKS_APART_MS, NAMES_SPAN_MS));
  if (names.length === 1) return promoteNamed(tools, candidate, signal);
  const leave = (kind: DecisionKind): Decision => decisionOf(candidate, listed.sizeBytes, { kind });
  if (ageMs < eventDelayMs) return leave('waits');
  for (const vaultKey of names) {
    const promotion = { ...candidate, vaultKey };
    if (await tools.ownsName(promotion)) return promoteNamed(tools, promotion, signal);
  }
  // Begun then, finished nobody knows when: LastModified is a date that its uploader chose.
  if (isInParts(listed.etag)) return leave('time-unknown');
  return promoteNamed(tools, candidate, signal);
}

async function promoteNamed(tools: SweepTools, promotion: Promotion, signal: AbortSignal): Promise<Decision> {
  // Most of what is left lies under a name that is taken, and is found here every day.
  if ((await tools.ownsName(promotion)) === false) {
    return decisionOf(promotion, null, { kind: 'name-taken' });
  }
  return examineAndPromote(tools, promotion, signal);
}
