import { promoterSettingsOf } from '../description/promoter-settings-of.ts';
import type { UploadSide } from '../description/upload-side.ts';
import { partitionOf } from '../policies/arns.ts';
import { principalNames } from '../policies/principal-names.ts';
import { inlineCode } from './inline-code.ts';
import { IDS } from './logical-ids.ts';
import { attribute, type Resources, ref } from './template-document.ts';

/** Lambda's longest (Lambda developer guide, "Quotas"): a copy of 50 GB takes minutes. */
const TIMEOUT_SECONDS = 900;
/** S3 copies by itself; this is for the SDK, which needs some 100 MB, and for the processor share that comes with it. */
const MEMORY_MB = 512;
/** After that S3's event is in the queue of failed events, and the sweep looks for the upload. The longest that Lambda has. */
const EVENT_AGE_SECONDS = 6 * 3600;
const RETRIES = 2;
/** The longest that SQS has. */
const FAILED_EVENTS_SECONDS = 14 * 24 * 3600;
/** Longer than anything stays in the inbox by default: the log tells what became of it. */
const LOG_DAYS = 180;
/** UTC. Between the nightly backups of most of the world, at no full hour. */
const SWEEP_SCHEDULE = 'cron(23 10 * * ? *)';

/** The function, everything that calls it, and where it leaves what it failed on. */
export function promoterResources(side: UploadSide, promoterSource: string): Resources {
  const name = principalNames.promoter(side);
  return {
    [IDS.log]: {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: principalNames.logGroup(side), RetentionInDays: LOG_DAYS },
    },
    [IDS.deadLetters]: {
      Type: 'AWS::SQS::Queue',
      Metadata: { Why: 'Keeps the events that the promoter failed on three times, for 14 days.' },
      Properties: {
        QueueName: principalNames.deadLetters(side),
        MessageRetentionPeriod: FAILED_EVENTS_SECONDS,
        SqsManagedSseEnabled: true,
      },
    },
    [IDS.deadLettersPolicy]: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [ref(IDS.deadLetters)],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'RefuseWithoutTls',
              Effect: 'Deny',
              Principal: '*',
              Action: ['sqs:*'],
              Resource: [attribute(IDS.deadLetters, 'Arn')],
              Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
            },
          ],
        },
      },
    },
    [IDS.promoter]: {
      Type: 'AWS::Lambda::Function',
      DependsOn: [IDS.log],
      Properties: {
        FunctionName: name,
        Description: `Moves uploads from ${side.inbox} to ${side.vault}, where they are named by the clock and never replaced.`,
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        Timeout: TIMEOUT_SECONDS,
        MemorySize: MEMORY_MB,
        Role: attribute(IDS.role, 'Arn'),
        Code: { ZipFile: inlineCode(promoterSettingsOf(side), promoterSource) },
      },
    },
    [IDS.retries]: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: ref(IDS.promoter),
        Qualifier: '$LATEST',
        MaximumRetryAttempts: RETRIES,
        MaximumEventAgeInSeconds: EVENT_AGE_SECONDS,
        DestinationConfig: { OnFailure: { Destination: attribute(IDS.deadLetters, 'Arn') } },
      },
    },
    [IDS.inboxMayCall]: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: ref(IDS.promoter),
        Action: 'lambda:InvokeFunction',
        Principal: 's3.amazonaws.com',
        // Both: a bucket's ARN names no account, and a deleted bucket's name may become somebody else's.
        SourceArn: `arn:${partitionOf(side.region)}:s3:::${side.inbox}`,
        SourceAccount: ref('AWS::AccountId'),
      },
    },
    [IDS.sweep]: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: `${name}-sweep`,
        Description: 'Once a day: promotes what events have missed, reports what stays in the inbox.',
        ScheduleExpression: SWEEP_SCHEDULE,
        State: 'ENABLED',
        Targets: [{ Id: 'promoter', Arn: attribute(IDS.promoter, 'Arn') }],
      },
    },
    [IDS.sweepMayCall]: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: ref(IDS.promoter),
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: attribute(IDS.sweep, 'Arn'),
      },
    },
  };
}
