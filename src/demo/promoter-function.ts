import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { PromoterSettings } from '../core/promoter-settings.ts';
import type { Decision } from '../promoter/decision.ts';
import { createHandler } from '../promoter/lambda.ts';
import type { S3Key } from './s3-key.ts';
import type { FinishedUpload } from './s3-notification.ts';
import { s3Notification } from './s3-notification.ts';

/** What the promoter's log tells of a decision. */
export type LoggedDecision = Pick<Decision, 'kind' | 'key' | 'versionId' | 'vaultKey'>;

/** The promoter as Lambda runs it: messages in, lines of a log out. */
export interface PromoterFunction {
  /** S3 tells it of an upload; what became of that. */
  notify(upload: FinishedUpload): Promise<LoggedDecision>;
  /** Its daily look at everything in the inbox. */
  sweep(): Promise<readonly LoggedDecision[]>;
  /** Every line that it has logged. */
  readonly log: readonly string[];
}

/** As a Lambda function is given at most. */
const REMAINING_MS = 900_000;

/** The real handler, with the role's own key and the time of the story. */
export function createPromoterFunction(options: {
  readonly settings: PromoterSettings;
  readonly key: S3Key;
  readonly clock: Clock;
}): PromoterFunction {
  const { settings, key, clock } = options;
  const log: string[] = [];
  const handler = createHandler(settings, {
    client: key.client(),
    now: () => clock.now(),
    write: (line) => void log.push(line),
  });
  const invoke = async (event: object): Promise<readonly LoggedDecision[]> => {
    const before = log.length;
    // The same client as ever, its clock set anew.
    key.client();
    await handler(event, { getRemainingTimeInMillis: () => REMAINING_MS });
    return log.slice(before).flatMap(decisionIn);
  };
  return {
    log,
    async notify(upload) {
      const decisions = await invoke(s3Notification(upload));
      const decision = decisions.find(({ versionId }) => versionId === upload.versionId);
      if (decision === undefined) throw new AppError('INTERNAL', `the promoter said nothing about ${upload.key}`);
      return decision;
    },
    // What EventBridge sends for a schedule.
    sweep: () => invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }),
  };
}

function decisionIn(line: string): LoggedDecision[] {
  const entry: LoggedDecision & { readonly event: string } = JSON.parse(line);
  return entry.event === 'decision' ? [entry] : [];
}
