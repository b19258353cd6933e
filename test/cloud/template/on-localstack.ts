import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { namedPolicies } from '../../../src/cloud/policies/named-policies.ts';
import { buildTemplate } from '../../../src/cloud/template/build-template.ts';
import type { Resource, TemplateDocument } from '../../../src/cloud/template/template-document.ts';
import { AwsCli } from './aws-cli.ts';
import { bucketPolicy, PRIVATE, presentBucket } from './bucket-facts.ts';
import {
  ACCOUNT_NUMBER,
  describedPrincipals,
  type Principals,
  presentPrincipals,
  sorted,
} from './compare-principals.ts';
import { STACK_SIDE } from './stack-side.ts';
import { describedAlarms, presentAlarms, queueAttributes, subscribers } from './telling-facts.ts';

/**
 * The stack on LocalStack 4.9.2, an independent implementation of CloudFormation that knows groups, Object Lock and alarms. Started by
 * .ci/suites/template.sh.
 *
 * What it lacks:
 * - It runs functions in containers only: the function and what hangs on it are left out here (on-ministack.ts has them).
 * - Its CloudFormation ignores policies inside a user, cannot update users and groups, and deletes a stack's buckets in spite of
 *   DeletionPolicy: on-ministack.ts looks at those policies, updates, and deletes.
 * - It ignores a bucket's lifecycle, seen below; its S3 checks and keeps one, so the rules are given to that.
 */
const { LOCALSTACK_ENDPOINT = '' } = process.env;
if (LOCALSTACK_ENDPOINT === '') throw new Error('LOCALSTACK_ENDPOINT');

// Each call starts an aws-cli, which takes most of a second.
t.setTimeout(240_000);
const timeout = 120_000;
const aws = new AwsCli({ endpoint: LOCALSTACK_ENDPOINT }, { id: ACCOUNT_NUMBER, secret: 'secret' });
const side = STACK_SIDE;
const directory = t.testdir({});
const template = withoutFunction(side);

t.test('a stack is made of the template', { timeout }, async (t) => {
  await aws.stack('CREATE', 'left-half', written(template, 'first.json'));
  t.same(
    await presentPrincipals(aws, side),
    withoutOwnPolicies(describedPrincipals(side)),
    'users, groups, members, policies',
  );
  t.same(await presentAlarms(aws), describedAlarms(side, template), 'alarms');
  t.same(await subscribers(aws, side), [{ Protocol: 'email', Endpoint: 'you@example.org' }]);
  for (const policy of namedPolicies(side, 'aws', ACCOUNT_NUMBER).filter(({ carrier }) => carrier === 'bucket')) {
    for (const bucket of policy.forWhom) {
      t.same(await presentBucket(aws, bucket), PRIVATE, bucket);
      t.same(await bucketPolicy(aws, bucket), sorted(policy.document), `the policy of ${bucket}`);
    }
  }
  const queue = await queueAttributes(aws, side);
  t.match(queue, { MessageRetentionPeriod: '1209600', SqsManagedSseEnabled: 'true' });
  t.match(JSON.parse(queue.Policy ?? ''), {
    Statement: [{ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': ['false'] } } }],
  });
});

t.test('the vault is locked as described, the inbox is not', { timeout }, async (t) => {
  const ask = (bucket: string) => aws.ask('s3api', 'get-object-lock-configuration', '--bucket', bucket);
  t.same(await ask(side.vault), {
    ObjectLockConfiguration: {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: side.lock.mode, Days: side.lock.days } },
    },
  });
  await t.rejects(ask(side.inbox), /ObjectLockConfigurationNotFound/);
});

t.test('S3 takes the lifecycle rules of both buckets', { timeout }, async (t) => {
  for (const id of ['Inbox', 'Vault']) {
    const { Properties } = resource(template.Resources, id);
    const bucket = ['--bucket', String(Properties.BucketName)];
    await t.rejects(
      aws.ask('s3api', 'get-bucket-lifecycle-configuration', ...bucket),
      /NoSuchLifecycle/,
      'still lacking',
    );
    const rules = rulesForS3(Properties);
    const configuration = ['--lifecycle-configuration', JSON.stringify({ Rules: rules })];
    await aws.ask('s3api', 'put-bucket-lifecycle-configuration', ...bucket, ...configuration);
    const { Rules } = await aws.ask('s3api', 'get-bucket-lifecycle-configuration', ...bucket);
    t.same(sorted(Rules), sorted(rules), id);
  }
});

/** As this server makes them: what stands inside a user is lacking. */
function withoutOwnPolicies({ documents, carried, members }: Principals): Principals {
  const isOwn = (policy: string) => policy.endsWith('-folder');
  return {
    documents: Object.fromEntries(Object.entries(documents).filter(([policy]) => !isOwn(policy))),
    carried: Object.fromEntries(
      Object.entries(carried).map(([carrier, names]) => [carrier, names.filter((policy) => !isOwn(policy))]),
    ),
    members,
  };
}

function written(document: TemplateDocument, name: string): string {
  const file = join(directory, name);
  writeFileSync(file, JSON.stringify(document));
  return file;
}

/** The template without the function, its log, its callers, the notification; alarms name it by its name. */
function withoutFunction(description: typeof side): TemplateDocument {
  const whole: TemplateDocument = JSON.parse(buildTemplate({ side: description, promoterSource: '' }));
  const isKept = ([, { Type }]: [string, Resource]) => !/^AWS::(?:Lambda|Events)::/.test(Type);
  const resources = Object.fromEntries(Object.entries(whole.Resources).filter(isKept));
  const { DependsOn: _, ...inbox } = resource(resources, 'Inbox');
  const { NotificationConfiguration: __, ...Properties } = inbox.Properties;
  const { Promoter: ___, ...Outputs } = whole.Outputs;
  const named: Record<string, Resource> = { ...resources, Inbox: { ...inbox, Properties } };
  const text = JSON.stringify(named).replaceAll('{"Ref":"Promoter"}', `"${description.name}-promoter"`);
  return { ...whole, Resources: JSON.parse(text), Outputs };
}

function resource(resources: Readonly<Record<string, Resource>>, id: string): Resource {
  const found = resources[id];
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
}

/** CloudFormation's words for the rules (AWS::S3::Bucket Rule) in those of the S3 API. */
function rulesForS3(bucket: Resource['Properties']): unknown[] {
  const { Rules } = bucket.LifecycleConfiguration as unknown as { Rules: Readonly<Record<string, never>>[] };
  return Rules.map(({ Id, ExpirationInDays, ExpiredObjectDeleteMarker, Transitions, ...rest }) => ({
    Filter: { Prefix: '' },
    ID: Id,
    ...rest,
    ...(ExpirationInDays === undefined ? {} : { Expiration: { Days: ExpirationInDays } }),
    ...(ExpiredObjectDeleteMarker === undefined ? {} : { Expiration: { ExpiredObjectDeleteMarker } }),
    ...(Transitions === undefined ? {} : { Transitions: transitions(Transitions) }),
  }));
}

function transitions(list: readonly { StorageClass: string; TransitionInDays: number }[]): unknown[] {
  return list.map(({ StorageClass, TransitionInDays }) => ({ Days: TransitionInDays, StorageClass }));
}
