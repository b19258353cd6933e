import pLimit from 'p-limit';
import type { Clock, Random } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import { AppError } from '../core/errors.ts';
import type { SizeLimit } from '../core/size.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { quarantinePartial } from '../store/quarantine-partial.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { DownloadContext } from './download-archive.ts';
import type { PassProgress } from './pass-progress.ts';

/** What is needed to bring archives into the store, whatever vault they come from. */
export interface TransferContext extends Omit<DownloadContext, 'reader' | 'reserveAgain'> {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly minFree: SizeLimit;
  /** Archives at a time. */
  readonly concurrency: number;
  /** For what chooses a free name in quarantine and trims what others have put there: one at a time. */
  readonly oneAtATime: <T>(work: () => Promise<T>) => Promise<T>;
}

export function createTransferContext(args: {
  readonly config: Pick<Config, 'downloads' | 'store'>;
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly bandwidth: Bandwidth;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly progress: PassProgress;
}): TransferContext {
  const { config, ...rest } = args;
  const { store } = rest;
  const { minFree } = config.store;
  const oneAtATime = pLimit(1);
  return {
    ...rest,
    partialDir: store.partialDir,
    ranges: config.downloads.ranges,
    concurrency: config.downloads.concurrency,
    minFree,
    // Asked before each request: the disk is still ours, and other programs have not eaten into `minFree`.
    checkStore() {
      store.assertAttached();
      if (store.roomBytes(minFree) <= 0) {
        throw new AppError('STORE_FULL', `${store.root} has less than minFree left`);
      }
    },
    oneAtATime,
    quarantine: (partial, row, failure) => oneAtATime(() => quarantinePartial(rest, partial, row, failure)),
  };
}
