import type { UploadSide } from '../../../src/cloud/description/upload-side.ts';
import type { TemplateDocument } from '../../../src/cloud/template/template-document.ts';
import type { AwsCli } from './aws-cli.ts';
import { ACCOUNT_NUMBER } from './compare-principals.ts';

const FIELDS = [
  ...['AlarmName', 'Namespace', 'MetricName', 'Statistic', 'Period', 'EvaluationPeriods', 'Threshold'],
  ...['ComparisonOperator', 'TreatMissingData'],
];

/** Alarms by name as the template has them, all telling the one topic. */
export function describedAlarms({ name }: UploadSide, { Resources }: TemplateDocument): unknown[] {
  const topic = `arn:aws:sns:eu-central-1:${ACCOUNT_NUMBER}:${name}-alarms`;
  const alarms = Object.values(Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  return alarms.map(({ Properties }) => ({ ...picked(Properties), AlarmActions: [topic] })).sort(byName);
}

export async function presentAlarms(aws: AwsCli): Promise<unknown[]> {
  const { MetricAlarms } = await aws.ask('cloudwatch', 'describe-alarms');
  return MetricAlarms.map((alarm: Record<string, unknown>) => ({
    ...picked(alarm),
    AlarmActions: alarm.AlarmActions,
  })).sort(byName);
}

/** Protocol and address of everybody whom the topic tells. */
export async function subscribers(aws: AwsCli, { name }: UploadSide): Promise<unknown[]> {
  const topic = `arn:aws:sns:eu-central-1:${ACCOUNT_NUMBER}:${name}-alarms`;
  const { Subscriptions } = await aws.ask('sns', 'list-subscriptions-by-topic', '--topic-arn', topic);
  return Subscriptions.map(({ Protocol, Endpoint }: Record<string, string>) => ({ Protocol, Endpoint }));
}

export async function queueAttributes(aws: AwsCli, { name }: UploadSide): Promise<Readonly<Record<string, string>>> {
  const { QueueUrl } = await aws.ask('sqs', 'get-queue-url', '--queue-name', `${name}-promoter-failed`);
  return (await aws.ask('sqs', 'get-queue-attributes', '--queue-url', QueueUrl, '--attribute-names', 'All')).Attributes;
}

function picked(alarm: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(FIELDS.map((field) => [field, alarm[field]]));
}

function byName(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): number {
  return String(a.AlarmName) < String(b.AlarmName) ? -1 : 1;
}
