import type { UploadSide } from '../description/upload-side.ts';
import { principalNames } from '../policies/principal-names.ts';
import { IDS } from './logical-ids.ts';
import { attribute, type Resource, type Resources, ref, type TemplateValue } from './template-document.ts';

/** Its only entry is the region of the description: CloudFormation refuses the template anywhere else, before it makes anything. */
export const REGION_MAPPING = 'ThisTemplateIsFor';

export function regionMapping({ name, region }: UploadSide) {
  return { [REGION_MAPPING]: { [region]: { Alarms: `${name} alarms` } } };
}

interface Alarm {
  readonly suffix: string;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimension: readonly [name: string, value: TemplateValue];
  readonly statistic: 'Sum' | 'Maximum' | 'SampleCount';
  readonly periodSeconds: number;
  readonly periods: number;
  readonly operator: 'GreaterThanOrEqualToThreshold' | 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  /** What silence means. */
  readonly missing: 'notBreaching' | 'breaching' | 'ignore';
}

const HOUR_SECONDS = 3600;

/** Whom to tell, and of what. Without an address there is the topic to subscribe to by hand. */
export function alarmResources(side: UploadSide): Resources {
  const mail: Resources = side.notifyEmail === null ? {} : { [IDS.mail]: subscription(side.notifyEmail) };
  return {
    [IDS.topic]: {
      Type: 'AWS::SNS::Topic',
      Properties: {
        TopicName: `${side.name}-alarms`,
        DisplayName: { 'Fn::FindInMap': [REGION_MAPPING, ref('AWS::Region'), 'Alarms'] },
      },
    },
    ...mail,
    ...Object.fromEntries(Object.entries(alarmsOf(side)).map(([id, alarm]) => [id, resourceOf(side, alarm)])),
  };
}

function alarmsOf(side: UploadSide): Readonly<Record<string, Alarm>> {
  const ofFunction = {
    namespace: 'AWS/Lambda',
    dimension: ['FunctionName', ref(IDS.promoter)],
    missing: 'notBreaching',
  } as const;
  const ofSweep = { namespace: 'pullmirror', metric: 'LeftInInbox', dimension: ['Inbox', side.inbox] } as const;
  const log = principalNames.logGroup(side);
  return {
    PromoterFailsAlarm: {
      ...ofFunction,
      suffix: 'promoter-fails',
      description: `The promoter failed three times within an hour. See ${log}.`,
      metric: 'Errors',
      statistic: 'Sum',
      periodSeconds: HOUR_SECONDS,
      periods: 1,
      operator: 'GreaterThanOrEqualToThreshold',
      threshold: RETRIED_TO_THE_END,
    },
    PromoterLateAlarm: {
      ...ofFunction,
      suffix: 'promoter-late',
      description: 'Uploads wait over an hour for the promoter: its concurrency is used up, or the inbox is flooded.',
      metric: 'AsyncEventAge',
      statistic: 'Maximum',
      periodSeconds: 300,
      periods: 1,
      operator: 'GreaterThanThreshold',
      threshold: HOUR_SECONDS * 1000,
    },
    FailedEventsAlarm: {
      suffix: 'failed-events',
      description: `The promoter failed on uploads for good; the next sweep tries again. See ${log}.`,
      namespace: 'AWS/SQS',
      metric: 'ApproximateNumberOfMessagesVisible',
      dimension: ['QueueName', attribute(IDS.deadLetters, 'QueueName')],
      statistic: 'Maximum',
      periodSeconds: 300,
      periods: 1,
      operator: 'GreaterThanThreshold',
      threshold: 0,
      missing: 'notBreaching',
    },
    LeftInInboxAlarm: {
      ...ofSweep,
      suffix: 'left-in-inbox',
      description: `Uploads stay in ${side.inbox} that the promoter does not take. See "sweep" in ${log}.`,
      statistic: 'Maximum',
      periodSeconds: HOUR_SECONDS,
      periods: 1,
      operator: 'GreaterThanThreshold',
      threshold: 0,
      // One hour a day has a value; between two of them the last one stands.
      missing: 'ignore',
    },
    SweepMissingAlarm: {
      ...ofSweep,
      suffix: 'sweep-missing',
      description: `No sweep for a day and a half (or none yet, in a new stack): the promoter may not run at all. See ${log}.`,
      statistic: 'SampleCount',
      periodSeconds: 6 * HOUR_SECONDS,
      periods: 6,
      operator: 'LessThanThreshold',
      threshold: 1,
      missing: 'breaching',
    },
  };
}

/** The first try and two more. */
const RETRIED_TO_THE_END = 3;

function resourceOf(side: UploadSide, alarm: Alarm): Resource {
  const [name, value] = alarm.dimension;
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${side.name}-${alarm.suffix}`,
      AlarmDescription: alarm.description,
      Namespace: alarm.namespace,
      MetricName: alarm.metric,
      Dimensions: [{ Name: name, Value: value }],
      Statistic: alarm.statistic,
      Period: alarm.periodSeconds,
      EvaluationPeriods: alarm.periods,
      ComparisonOperator: alarm.operator,
      Threshold: alarm.threshold,
      TreatMissingData: alarm.missing,
      AlarmActions: [ref(IDS.topic)],
    },
  };
}

function subscription(email: string): Resource {
  return {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: ref(IDS.topic), Protocol: 'email', Endpoint: email },
  };
}
