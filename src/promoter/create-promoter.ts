import type { PromoterSettings } from '../core/promoter-settings.ts';
import type { Decision } from './decision.ts';
import type { PromoterLog } from './decision-log.ts';
import type { PromoterStorage } from './promoter-storage.ts';
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
  readonly signal?: AbortSignal;
  /**
   * How long after an upload's LastModified its own event may still come (24 h by default): while more than one name is possible for it, the sweep waits.
   * 0 where no events are delivered: then the sweep names by LastModified at once.
   */
  readonly eventDelayMs?: number;
}

export interface Promoter {
  /**
   * Deals with one upload, as an event tells of it: the same event twice, late, in any order or at the same time elsewhere does no harm.
   * Rejects when it could not be dealt with (the storage failed, the signal was aborted): try again later. The decision is logged.
   */
  handle(upload: UploadEvent, signal?: AbortSignal): Promise<Decision>;
  /** Looks at everything in the inbox, promotes what events have missed, reports the rest. Rejects when the inbox cannot be listed at all. */
  sweep(options?: SweepOptions): Promise<SweepReport>;
}

/** Throws an Error for settings that cannot be meant (see `createNaming`). */
export declare function createPromoter(options: PromoterOptions): Promoter;
