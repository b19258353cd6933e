import { DAY_MS } from '../core/duration.ts';
import type { PromoterSettings } from '../core/promoter-settings.ts';
import type { Decision } from './decision.ts';
import type { PromoterLog } from './decision-log.ts';
import { handleUpload } from './handle-upload.ts';
import { createNaming } from './naming.ts';
import type { PromoterStorage } from './promoter-storage.ts';
import { sweepInbox } from './sweep.ts';
import type { SweepReport } from './sweep-report.ts';
import type { UploadEvent } from './upload-event.ts';

export interface PromoterOptions {
  readonly settings: PromoterSettings;
  readonly storage: PromoterStorage;
  readonly log: PromoterLog;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

export interface SweepOptions {
  /** Aborted when time runs out: the sweep ends with what it has, `complete` is false. */
  readonly signal?: AbortSignal;
  /**
   * Aborted when the listing has had its share of that time: what it found until then is dealt with, `complete` is false. Whoever floods the
   * inbox decides how long it takes to list.
   */
  readonly listingSignal?: AbortSignal;
  /**
   * How long after an upload's LastModified its own event may still come (24 h by default): as long as it could get more than one name, the
   * sweep waits for that. 0 where no events are delivered: then LastModified names at once.
   */
  readonly eventDelayMs?: number;
}

export interface Promoter {
  /**
   * Deals with one upload, as an event tells of it: the same event twice, late, in any order or at the same time elsewhere does no harm.
   * Rejects when it could not be dealt with (the storage failed, the signal was aborted): then it must come again. Logs its decision.
   */
  handle(upload: UploadEvent, signal?: AbortSignal): Promise<Decision>;
  /**
   * Looks at everything in the inbox, promotes what events have missed, oldest first, and reports the rest. What fails is logged, counted
   * (`failed`) and keeps nothing else from being done. Logs the decisions it asked the storage for, and its report.
   */
  sweep(options?: SweepOptions): Promise<SweepReport>;
}

/** Throws a RangeError for settings that cannot be obeyed (see `createNaming`). */
export function createPromoter({ settings, storage, log, now }: PromoterOptions): Promoter {
  const tools = { storage, log, now, naming: createNaming(settings), inbox: settings.inbox };
  return {
    async handle(upload, signal = new AbortController().signal) {
      const decision = await handleUpload(tools, upload, signal);
      log({ event: 'decision', during: 'event', decision });
      return decision;
    },
    async sweep({ signal = new AbortController().signal, listingSignal = signal, eventDelayMs = DAY_MS } = {}) {
      const report = await sweepInbox(tools, { signal, listingSignal, eventDelayMs });
      log({ event: 'sweep', inbox: settings.inbox, report });
      return report;
    },
  };
}
