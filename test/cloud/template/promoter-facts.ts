import type { UploadSide } from '../../../src/cloud/description/upload-side.ts';
import { type AwsCli, until } from './aws-cli.ts';
import { ACCOUNT_NUMBER, documentOf } from './compare-principals.ts';

const ARN = (service: string, rest: string) => `arn:aws:${service}:eu-central-1:${ACCOUNT_NUMBER}:${rest}`;

/** What the function, its callers and its queue are by the description. */
export function describedPromoter({ name, inbox }: UploadSide): unknown {
  const functionArn = ARN('lambda', `function:${name}-promoter`);
  return {
    configuration: {
      FunctionName: `${name}-promoter`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Role: `arn:aws:iam::${ACCOUNT_NUMBER}:role/${name}-promoter`,
      Timeout: 900,
      MemorySize: 512,
    },
    variables: {},
    callers: [
      {
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnLike: { 'AWS:SourceArn': ARN('events', `rule/${name}-promoter-sweep`) } },
      },
      {
        Principal: { Service: 's3.amazonaws.com' },
        Condition: {
          StringEquals: { 'AWS:SourceAccount': ACCOUNT_NUMBER },
          ArnLike: { 'AWS:SourceArn': `arn:aws:s3:::${inbox}` },
        },
      },
    ],
    notification: [{ LambdaFunctionArn: functionArn, Events: ['s3:ObjectCreated:*'] }],
    retries: {
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      OnFailure: ARN('sqs', `${name}-promoter-failed`),
    },
    sweep: { ScheduleExpression: 'cron(23 10 * * ? *)', State: 'ENABLED', targets: [functionArn] },
    logDays: 180,
  };
}

export async function presentPromoter(aws: AwsCli, { name, inbox }: UploadSide): Promise<unknown> {
  const promoter = ['--function-name', `${name}-promoter`];
  const group = ['--log-group-name-prefix', `/aws/lambda/${name}-promoter`];
  const [{ Environment, ...configuration }, callers, notification, retries, rule, { Targets }, { logGroups }] =
    await Promise.all([
      aws.ask('lambda', 'get-function-configuration', ...promoter),
      aws.ask('lambda', 'get-policy', ...promoter),
      aws.ask('s3api', 'get-bucket-notification-configuration', '--bucket', inbox),
      aws.ask('lambda', 'get-function-event-invoke-config', ...promoter, '--qualifier', '$LATEST'),
      aws.ask('events', 'describe-rule', '--name', `${name}-promoter-sweep`),
      aws.ask('events', 'list-targets-by-rule', '--rule', `${name}-promoter-sweep`),
      aws.ask('logs', 'describe-log-groups', ...group),
    ]);
  const { FunctionName, Runtime, Architectures, Handler, Role, Timeout, MemorySize } = configuration;
  const policy = documentOf(callers.Policy) as {
    Statement: { Principal: { Service: string }; Condition: unknown }[];
  };
  return {
    configuration: { FunctionName, Runtime, Architectures, Handler, Role, Timeout, MemorySize },
    variables: Environment?.Variables ?? {},
    callers: policy.Statement.map(({ Principal, Condition }) => ({ Principal, Condition })).sort((a, b) =>
      a.Principal.Service < b.Principal.Service ? -1 : 1,
    ),
    notification: notification.LambdaFunctionConfigurations.map(
      ({ LambdaFunctionArn, Events }: Record<string, unknown>) => ({ LambdaFunctionArn, Events }),
    ),
    retries: {
      MaximumRetryAttempts: retries.MaximumRetryAttempts,
      MaximumEventAgeInSeconds: retries.MaximumEventAgeInSeconds,
      OnFailure: retries.DestinationConfig.OnFailure.Destination,
    },
    sweep: {
      ScheduleExpression: rule.ScheduleExpression,
      State: rule.State,
      targets: Targets.map(({ Arn }: { Arn: string }) => Arn),
    },
    logDays: logGroups[0].retentionInDays,
  };
}

/** Messages in the queue of failed events, at least one. */
export async function failedEvents(aws: AwsCli, { name }: UploadSide): Promise<readonly string[]> {
  const { QueueUrl } = await aws.ask('sqs', 'get-queue-url', '--queue-name', `${name}-promoter-failed`);
  const bodies: string[] = [];
  await until('a failed event', async () => {
    const { Messages = [] } = await aws.ask('sqs', 'receive-message', '--queue-url', QueueUrl);
    bodies.push(...Messages.map(({ Body }: { Body: string }) => Body));
    return bodies.length > 0;
  });
  return bodies;
}
