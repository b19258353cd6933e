import { S3Client } from '@aws-sdk/client-s3';
import type { PromoterSettings } from '../core/promoter-settings.ts';
import { assertConditionalHeader } from './assert-conditional-header.ts';
import { createPromoter, type Promoter } from './create-promoter.ts';
import { DECISION_LEVELS } from './decision.ts';
import { createDecisionLog, type PromoterLog } from './decision-log.ts';
import { parseEvent } from './parse-event.ts';
import { createS3Storage } from './s3-storage.ts';
import type { UploadEvent } from './upload-event.ts';

/** For who calls the handler without Lambda around it. */
const FULL_TIME_MS = 900_000;

/** As much of Lambda's context as is used. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** What a handler is made of, where it is not Lambda's own. */
export interface HandlerParts {
  /** The caller's to end. By default one for the region and the role of the function. */
  readonly client?: S3Client;
  readonly now?: () => number;
  /** One line of the log, without its end. */
  readonly write?: (line: string) => void;
}

/** Before Lambda ends the function: time to stop the parts under way and to remove them. */
const RESERVE_MS = 20_000;
/** An upload is copied by a few hundred requests, each of which may meet a busy S3. */
const MAX_ATTEMPTS = 6;

/**
 * The function that Lambda calls: with S3's events, its test message, and the daily schedule. Rejects when anything could not be dealt with, so that
 * Lambda calls again (twice, then it goes to the dead-letter queue, and to the sweep); everything else of the same call is done nevertheless.
 */
export function createHandler(
  settings: PromoterSettings,
  parts: HandlerParts = {},
): (event: unknown, context?: LambdaContext) => Promise<void> {
  const { now = Date.now, write = (line) => void process.stdout.write(`${line}\n`) } = parts;
  const client = parts.client ?? new S3Client({ maxAttempts: MAX_ATTEMPTS });
  const log = createDecisionLog({ write, now });
  const promoter = createPromoter({ settings, storage: createS3Storage(client, settings), log, now });
  let isAsserted = false;
  return async (event, context) => {
    if (!isAsserted) await assertConditionalHeader(client);
    isAsserted = true;
    const stop = new AbortController();
    const remainingMs = (context?.getRemainingTimeInMillis() ?? FULL_TIME_MS) - RESERVE_MS;
    const timer = setTimeout(
      () => stop.abort(new Error('the time of this invocation runs out')),
      Math.max(0, remainingMs),
    );
    try {
      // Half of the time, so that the other half is for what was found.
      const listingSignal = AbortSignal.timeout(Math.max(0, Math.floor(remainingMs / 2)));
      const failures = await answer(promoter, log, event, { signal: stop.signal, listingSignal });
      if (failures > 0) throw new Error(`${failures} could not be dealt with; see the lines before`);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Does what the message asks for; gives how much of it failed. */
async function answer(
  promoter: Promoter,
  log: PromoterLog,
  event: unknown,
  { signal, listingSignal }: { readonly signal: AbortSignal; readonly listingSignal: AbortSignal },
): Promise<number> {
  const message = parseEvent(event);
  switch (message.kind) {
    case 'test':
      return 0;
    case 'unknown':
      // An upload may hide in it: it must get into the queue of failed events, where the alarm is.
      log({ event: 'not-understood', why: 'neither a message of S3 nor a schedule' });
      return 1;
    case 'sweep': {
      const { failed, decisions, complete } = await promoter.sweep({ signal, listingSignal });
      // Called again, it goes on where this one stopped.
      return failed + (decisions.mismatch ?? 0) + (complete ? 0 : 1);
    }
    case 'uploads': {
      for (const why of message.problems) log({ event: 'not-understood', why });
      let failures = message.problems.length;
      for (const upload of message.uploads) failures += await countFailure(promoter, log, upload, signal);
      return failures;
    }
  }
}

async function countFailure(
  promoter: Promoter,
  log: PromoterLog,
  upload: UploadEvent,
  signal: AbortSignal,
): Promise<0 | 1> {
  try {
    const { kind } = await promoter.handle(upload, signal);
    return DECISION_LEVELS[kind] === 'error' ? 1 : 0;
  } catch (error) {
    // One upload that fails must not keep the others of the same message from being promoted.
    log({ event: 'failed', key: upload.key, versionId: upload.versionId, error });
    return 1;
  }
}
