import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { namedPolicies } from '../../../src/cloud/policies/named-policies.ts';
import { buildTemplate } from '../../../src/cloud/template/build-template.ts';
import { readPromoterBundle } from '../../../src/cloud/template/read-promoter-bundle.ts';
import type { Resource, TemplateDocument } from '../../../src/cloud/template/template-document.ts';
import { ROOT_DIR } from '../../support/root-dir.ts';
import { type AccessKey, AwsCli, until } from './aws-cli.ts';
import { bucketPolicy, PRIVATE, presentBucket, versionsIn } from './bucket-facts.ts';
import { ACCOUNT_NUMBER, describedPrincipals, presentPrincipals, sorted } from './compare-principals.ts';
import { describedPromoter, failedEvents, presentPromoter } from './promoter-facts.ts';
import { GROWN_SIDE, STACK_SIDE } from './stack-side.ts';
import { subscribers } from './telling-facts.ts';

/**
 * The stack on MiniStack 1.5.33, an independent implementation of CloudFormation, which also obeys the policies of users, roles and buckets
 * and runs the function out of the template with a real Node. Started by .ci/suites/template.sh.
 *
 * What it lacks, each seen below:
 * - AWS::IAM::Group is no resource type: the groups are made by hand, from what the template says of them (LocalStack makes them itself).
 * - aws:PrincipalArn of a function's role is the session's ARN, where AWS gives the role's (IAM user guide, "aws:PrincipalArn"): the vault's
 *   policy gets both.
 * - Object Lock and lifecycle of a bucket are ignored, and aws-cli’s way of asking for alarms gets half an answer (see on-localstack.ts).
 */
const { MINISTACK_ENDPOINT = '', MINISTACK_CERTIFICATE = '' } = process.env;
if (MINISTACK_ENDPOINT === '' || MINISTACK_CERTIFICATE === '')
  throw new Error('MINISTACK_ENDPOINT, MINISTACK_CERTIFICATE');

// Each call starts an aws-cli, which takes most of a second.
t.setTimeout(240_000);
const root = new AwsCli(
  { endpoint: MINISTACK_ENDPOINT, certificate: MINISTACK_CERTIFICATE },
  { id: 'root', secret: 'root' },
);
const promoterSource = await readPromoterBundle(ROOT_DIR);
const directory = t.testdir({});
const side = STACK_SIDE;
const template: TemplateDocument = JSON.parse(buildTemplate({ side, promoterSource }));

const upload = randomBytes(6_000_000);
writeFileSync(join(directory, 'upload'), upload);

t.test('what it lacks is still lacking', { timeout: 120_000 }, async (t) => {
  const file = join(directory, 'groups.json');
  writeFileSync(file, JSON.stringify(template));
  await t.rejects(root.stack('CREATE', 'with-groups', file), /Unrecognized resource types: \[AWS::IAM::Group\]/);
});

t.test('a stack is made of the template', { timeout: 120_000 }, async (t) => {
  await root.stack('CREATE', 'left-half', withoutGroups(template, 'first.json'));
  await makeGroups(template);
  t.same(await presentPrincipals(root, side), describedPrincipals(side), 'users, groups, their members, all policies');
  t.same(await presentPromoter(root, side), describedPromoter(side), 'the function and what calls it');
  t.same(await subscribers(root, side), [{ Protocol: 'email', Endpoint: 'you@example.org' }]);
  for (const policy of namedPolicies(side, 'aws', ACCOUNT_NUMBER).filter(({ carrier }) => carrier === 'bucket')) {
    for (const bucket of policy.forWhom) {
      t.same(await presentBucket(root, bucket), PRIVATE, bucket);
      t.same(await bucketPolicy(root, bucket), sorted(policy.document), `the policy of ${bucket}`);
    }
  }
  await t.rejects(ask(root, 'get-object-lock-configuration', side.vault), /ObjectLockConfigurationNotFound/);
  await t.rejects(ask(root, 'get-bucket-lifecycle-configuration', side.vault), /NoSuchLifecycleConfiguration/);
  const outputs = (await root.ask('cloudformation', 'describe-stacks', '--stack-name', 'left-half')).Stacks[0].Outputs;
  t.equal(outputs.length, Object.keys(template.Outputs).length);
});

let server: AwsCli;
let mirror: AwsCli;

t.test(
  'an event that fails three times lies in the queue, and the sweep promotes the upload',
  { timeout: 120_000 },
  async (t) => {
    server = root.as(await keyOf('backups-server-web1'));
    mirror = root.as(await keyOf('backups-mirror-home-pi'));
    // The lacking aws:PrincipalArn makes the promoter fail, just as it is wanted here.
    await put(server, side.inbox, 'web1/backup.tar.gz.gpg');
    const [message = ''] = await failedEvents(root, side);
    t.match(JSON.parse(message), {
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      requestPayload: { Records: [{ s3: { object: { key: 'web1/backup.tar.gz.gpg' } } }] },
    });
    t.same(
      (await versionsIn(root, side.inbox)).map(({ key }) => key),
      ['web1/backup.tar.gz.gpg'],
    );
    await admitSessionsOfTheRole();
    await sweep();
    const archives = await versionsIn(root, side.vault);
    t.match(archives, [{ key: /^web1\/\d{4}-\d\d-\d\d\.tar\.gz\.gpg$/, size: upload.length }]);
    t.same(await versionsIn(root, side.inbox), [], 'the promoted version left the inbox for good');
  },
);

t.test('an upload is promoted by its event; a second one of the same hour stays', { timeout: 120_000 }, async (t) => {
  await put(server, side.inbox, 'web1/sql.gz.gpg');
  await until('the dump is in the vault', async () => (await versionsIn(root, side.vault)).length === 2);
  await until('it left the inbox', async () => (await versionsIn(root, side.inbox)).length === 0);
  const before = await versionsIn(root, side.vault);
  t.match(before[0], { key: /^web1\/\d{4}-\d\d-\d\d\.\d\db?\.sql\.gz\.gpg$/ });
  await put(server, side.inbox, 'web1/backup.tar.gz.gpg');
  await sweep();
  t.same(
    (await versionsIn(root, side.inbox)).map(({ key }) => key),
    ['web1/backup.tar.gz.gpg'],
    'left and reported',
  );
  t.same(await versionsIn(root, side.vault), before, 'nothing in the vault changed');
});

t.test(
  'the mirror’s key reads the archive, byte for byte, and can do nothing else',
  { timeout: 120_000 },
  async (t) => {
    const [archive = { key: '', versionId: '' }] = (await versionsIn(mirror, side.vault)).filter(({ key }) =>
      key.endsWith('.tar.gz.gpg'),
    );
    const file = join(directory, 'pulled');
    const object = ['--bucket', side.vault, '--key', archive.key];
    await mirror.ask('s3api', 'get-object', ...object, '--version-id', archive.versionId, file);
    t.ok(readFileSync(file).equals(upload));
    await t.rejects(put(mirror, side.vault, 'web1/2001-01-01.tar.gz.gpg'), /AccessDenied/);
    await t.rejects(put(mirror, side.inbox, 'web1/backup.tar.gz.gpg'), /AccessDenied/);
    await t.rejects(mirror.ask('s3api', 'delete-object', ...object), /AccessDenied/);
    await t.rejects(versionsIn(mirror, side.inbox), /AccessDenied/);
  },
);

t.test('the server’s key uploads into its folder and can do nothing else', { timeout: 120_000 }, async (t) => {
  const own = ['--bucket', side.inbox, '--key', 'web1/backup.tar.gz.gpg'];
  await t.rejects(server.ask('s3api', 'get-object', ...own, join(directory, 'stolen')), /AccessDenied|Forbidden/);
  await t.rejects(server.ask('s3api', 'delete-object', ...own), /AccessDenied/);
  await t.rejects(server.ask('s3api', 'list-objects-v2', '--bucket', side.inbox), /AccessDenied/);
  await t.rejects(put(server, side.inbox, 'web3/backup.tar.gz.gpg'), /AccessDenied/);
  await t.rejects(put(server, side.vault, 'web1/2001-01-01.tar.gz.gpg'), /AccessDenied/);
  await t.rejects(server.ask('iam', 'list-users'), /AccessDenied/);
});

t.test('the vault refuses even the administrator, who changes its policy first', { timeout: 120_000 }, async (t) => {
  const [archive = { key: '' }] = await versionsIn(root, side.vault);
  const administrator = root.as(await administratorKey());
  await t.rejects(
    administrator.ask('s3api', 'delete-object', '--bucket', side.vault, '--key', archive.key),
    /AccessDenied/,
  );
  await t.rejects(put(administrator, side.vault, 'web1/forged.gpg'), /AccessDenied/);
});

t.test('one server more: the stack is updated in place', { timeout: 120_000 }, async (t) => {
  const users = await userIds();
  const grown: TemplateDocument = JSON.parse(buildTemplate({ side: GROWN_SIDE, promoterSource }));
  await root.stack('UPDATE', 'left-half', withoutGroups(grown, 'grown.json'));
  await root.ask(
    'iam',
    'add-user-to-group',
    '--group-name',
    'backups-writers-strict',
    '--user-name',
    'backups-server-web4',
  );
  const after = await userIds();
  t.match(after, users, 'the other users are the same ones');
  const { UserName } = (await root.ask('iam', 'get-user', '--user-name', 'backups-server-web4')).User;
  t.equal(UserName, 'backups-server-web4');
  await put(root.as(await keyOf('backups-server-web4')), side.inbox, 'web4/backup.tar.gz.gpg');
  await until('the new server’s upload is in the vault', async () =>
    (await versionsIn(root, side.vault)).some(({ key }) => key.startsWith('web4/')),
  );
});

t.test('the stack is deleted: buckets, their content and their policies stay', { timeout: 120_000 }, async (t) => {
  const content = await versionsIn(root, side.vault);
  const policies = await Promise.all([side.inbox, side.vault].map((bucket) => bucketPolicy(root, bucket)));
  await each(Object.keys(await userIds()), removeKeys);
  await root.ask('cloudformation', 'delete-stack', '--stack-name', 'left-half');
  await until('the users are gone', async () => Object.keys(await userIds()).length === 0);
  t.same(await versionsIn(root, side.vault), content);
  t.ok(content.length >= 3);
  t.same(await Promise.all([side.inbox, side.vault].map((bucket) => bucketPolicy(root, bucket))), policies);
  const gone = root.ask('lambda', 'get-function', '--function-name', 'backups-promoter');
  await t.rejects(gone, /ResourceNotFound/);
});

function ask(aws: AwsCli, what: string, bucket: string): Promise<unknown> {
  return aws.ask('s3api', what, '--bucket', bucket);
}

function put(aws: AwsCli, bucket: string, key: string): Promise<unknown> {
  return aws.ask('s3api', 'put-object', '--bucket', bucket, '--key', key, '--body', join(directory, 'upload'));
}

async function sweep(): Promise<void> {
  const payload = join(directory, 'schedule.json');
  writeFileSync(payload, JSON.stringify({ source: 'aws.events', 'detail-type': 'Scheduled Event' }));
  const call = ['--function-name', `${side.name}-promoter`, '--payload', `fileb://${payload}`];
  const answer = await root.ask('lambda', 'invoke', ...call, join(directory, 'answer.json'));
  if (answer.FunctionError !== undefined) throw new Error(readFileSync(join(directory, 'answer.json'), 'utf8'));
}

async function keyOf(user: string): Promise<AccessKey> {
  const { AccessKey } = await root.ask('iam', 'create-access-key', '--user-name', user);
  return { id: AccessKey.AccessKeyId, secret: AccessKey.SecretAccessKey };
}

/** A user who may do anything, as far as his own policies go. */
async function administratorKey(): Promise<AccessKey> {
  const user = ['--user-name', 'administrator'];
  await root.ask('iam', 'create-user', ...user);
  const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const policy = ['--policy-name', 'all', '--policy-document', JSON.stringify(all)];
  await root.ask('iam', 'put-user-policy', ...user, ...policy);
  return keyOf('administrator');
}

/** Ids of the stack's users by name. */
async function userIds(): Promise<Readonly<Record<string, string>>> {
  const { Users } = await root.ask('iam', 'list-users');
  const ours: { UserName: string; UserId: string }[] = Users.filter((user: { UserName: string }) =>
    user.UserName.startsWith(`${side.name}-`),
  );
  return Object.fromEntries(ours.map(({ UserName, UserId }) => [UserName, UserId]));
}

async function removeKeys(user: string): Promise<void> {
  const { AccessKeyMetadata } = await root.ask('iam', 'list-access-keys', '--user-name', user);
  for (const { AccessKeyId } of AccessKeyMetadata) {
    await root.ask('iam', 'delete-access-key', '--user-name', user, '--access-key-id', AccessKeyId);
  }
}

/** The template as a file, without groups and memberships. */
function withoutGroups(whole: TemplateDocument, name: string): string {
  const kept = Object.entries(whole.Resources).filter(([, { Type }]) => Type !== 'AWS::IAM::Group');
  const resources = kept.map(([id, resource]): [string, Resource] => {
    const { Groups: _, ...Properties } = resource.Properties;
    return [id, { ...resource, Properties }];
  });
  const file = join(directory, name);
  writeFileSync(file, JSON.stringify({ ...whole, Resources: Object.fromEntries(resources) }));
  return file;
}

async function makeGroups({ Resources }: TemplateDocument): Promise<void> {
  const nameOf = (reference: unknown, property: string) =>
    String(Resources[(reference as { Ref: string }).Ref]?.Properties[property]);
  await each(Object.values(Resources), async ({ Type, Properties }) => {
    if (Type !== 'AWS::IAM::Group') return;
    const group = ['--group-name', String(Properties.GroupName)];
    await root.ask('iam', 'create-group', ...group);
    for (const policy of Properties.ManagedPolicyArns as unknown[]) {
      const arn = `arn:aws:iam::${ACCOUNT_NUMBER}:policy/${nameOf(policy, 'ManagedPolicyName')}`;
      await root.ask('iam', 'attach-group-policy', ...group, '--policy-arn', arn);
    }
  });
  await each(Object.values(Resources), async ({ Properties }) => {
    for (const group of (Properties.Groups ?? []) as unknown[]) {
      const names = ['--group-name', nameOf(group, 'GroupName'), '--user-name', String(Properties.UserName)];
      await root.ask('iam', 'add-user-to-group', ...names);
    }
  });
}

async function each<T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  await Promise.all(list.map(work));
}

async function admitSessionsOfTheRole(): Promise<void> {
  const { Policy } = await root.ask('s3api', 'get-bucket-policy', '--bucket', side.vault);
  const role = `"arn:aws:iam::${ACCOUNT_NUMBER}:role/${side.name}-promoter"`;
  const sessions = `"arn:aws:sts::${ACCOUNT_NUMBER}:assumed-role/${side.name}-promoter/*"`;
  if (!Policy.includes(role)) throw new Error(`no ${role} in ${Policy}`);
  const both = Policy.replace(role, `${role},${sessions}`);
  await root.ask('s3api', 'put-bucket-policy', '--bucket', side.vault, '--policy', both);
}
