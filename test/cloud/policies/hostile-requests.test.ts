import fc from 'fast-check';
import t from 'tap';
import { policyDocument } from '../../../src/cloud/policies/policy-document.ts';
import { ACCOUNT, evaluateRequest } from '../../../src/demo/iam/evaluate-request.ts';
import { codePoint } from '../../support/code-point.ts';
import { SIDE } from './example-side.ts';
import { FOLDERS, policyTable, type Who, type Writer } from './policy-table.ts';
import { whoCarriesWhat } from './who-carries-what.ts';

const WRITERS: readonly Writer[] = ['strict', 'list', 'delete', 'akeeba'];
const { principals, bucketPolicyOf } = whoCarriesWhat('aws');
const cells = policyTable('aws');
const objectActions = [...new Set(cells.filter(({ key }) => key !== null).map(({ action }) => action))];
const bucketActions = [
  ...new Set(cells.filter(({ key, bucket }) => key === null && bucket !== null).map((c) => c.action)),
];
const ALLOW_ALL = { Sid: 'All', Effect: 'Allow', Action: ['s3:*'], Resource: ['*'] } as const;
/** Somebody attached this by mistake, too. */
const EVERYTHING = { name: 'AmazonS3FullAccess', document: policyDocument([ALLOW_ALL]) };

const pieces = [
  ...Object.values(FOLDERS),
  'web1',
  'WEB1/',
  '/',
  '//',
  '*',
  '?',
  '..',
  '../',
  `\${aws:username}/`,
  '%2F',
  '\n',
  'a.gpg',
];
const hostileKey = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: codePoint, maxLength: 4 })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join(''))
  .filter((key) => key !== '');
const headers = fc
  .record(
    {
      's3:prefix': hostileKey,
      's3:if-none-match': fc.constant('*'),
      's3:x-amz-acl': fc.constantFrom('private', 'public-read', 'bucket-owner-full-control'),
      's3:x-amz-storage-class': fc.constantFrom('STANDARD', 'GLACIER'),
      's3:ObjectCreationOperation': fc.constantFrom('true', 'false'),
      's3:x-amz-copy-source': hostileKey,
    },
    { requiredKeys: [] },
  )
  .map((given) => Object.fromEntries(Object.entries(given)));

async function ask(
  who: Who,
  bucket: 'inbox' | 'vault',
  action: string,
  key: string | null,
  context: Record<string, string>,
  more = false,
) {
  const { arn, policies } = principals[who];
  const verdict = await evaluateRequest({
    principalArn: arn,
    policies: more ? [...policies, EVERYTHING] : policies,
    bucketPolicy: bucketPolicyOf(SIDE[bucket]),
    action,
    resource: `arn:aws:s3:::${SIDE[bucket]}${key === null ? '' : `/${key}`}`,
    context: { 'aws:SecureTransport': 'true', ...context },
  });
  return verdict.allowed;
}

t.test('no writer gets anything in the vault, even with an Allow for everything attached by mistake', async (t) => {
  const request = fc.tuple(fc.constantFrom(...WRITERS), fc.constantFrom(...objectActions), hostileKey, headers);
  await fc.assert(
    fc.asyncProperty(
      request,
      async ([who, action, key, context]) => !(await ask(who, 'vault', action, key, context, true)),
    ),
    { numRuns: 250 },
  );
  for (const action of bucketActions) {
    for (const who of WRITERS) t.notOk(await ask(who, 'vault', action, null, {}, true), `${who} ${action}`);
  }
});

t.test('no writer gets anything in the inbox but below its own prefix', async (t) => {
  let allowed = 0;
  const own = fc.tuple(fc.constantFrom(...WRITERS), fc.boolean()).chain(([who, isOwn]) =>
    fc.tuple(
      fc.constant(who),
      fc.constantFrom(...objectActions),
      hostileKey.map((key) => (isOwn ? FOLDERS[who] + key : key)),
      headers,
    ),
  );
  await fc.assert(
    fc.asyncProperty(own, async ([who, action, key, context]) => {
      if (!(await ask(who, 'inbox', action, key, context))) return true;
      allowed += 1;
      return key.startsWith(FOLDERS[who]);
    }),
    { numRuns: 400 },
  );
  t.ok(allowed > 5, `${allowed} of them were uploads into the own folder`);
  const listing = fc.tuple(fc.constantFrom(...WRITERS), fc.constantFrom(...bucketActions), headers);
  await fc.assert(
    fc.asyncProperty(listing, async ([who, action, context]) => {
      if (!(await ask(who, 'inbox', action, null, context))) return true;
      return action === 's3:ListBucket' && who !== 'strict' && context['s3:prefix']?.startsWith(FOLDERS[who]) === true;
    }),
    { numRuns: 250 },
  );
});

t.test('an Allow for everything attached by mistake gives a writer no act that its level lacks', async (t) => {
  const levels: Readonly<Record<Writer, readonly string[]>> = {
    strict: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:PutObjectAcl'],
    list: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:ListBucket'],
    delete: [
      's3:PutObject',
      's3:AbortMultipartUpload',
      's3:ListMultipartUploadParts',
      's3:ListBucket',
      's3:DeleteObject',
    ],
    akeeba: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:PutObjectAcl'],
  };
  for (const who of WRITERS) {
    const got: string[] = [];
    for (const action of objectActions) if (await ask(who, 'inbox', action, 'x', {}, true)) got.push(action);
    for (const action of bucketActions) if (await ask(who, 'inbox', action, null, {}, true)) got.push(action);
    t.same(got.sort(), [...levels[who]].sort(), who);
  }
});

t.test('nor the mirror: still only looking and reading', async (t) => {
  const got: string[] = [];
  for (const action of objectActions) if (await ask('mirror', 'vault', action, 'web1/a', {}, true)) got.push(action);
  for (const action of bucketActions) if (await ask('mirror', 'vault', action, null, {}, true)) got.push(action);
  const may = cells.filter(({ who, bucket, allowed }) => who === 'mirror' && bucket === 'vault' && allowed);
  t.ok(may.length > 5);
  t.same(got.sort(), may.map(({ action }) => action).sort());
});

/** Ways around a refusal that names buckets and objects: what is neither, and what other services can do. */
const WAYS_AROUND = [
  ...['s3:CreateAccessPoint', 's3:PutAccessPointPolicy'].map((action) => ({ action, resource: accessPoint('') })),
  ...['s3:PutAccountPublicAccessBlock', 's3:CreateJob', 's3:ListAccessPoints'].map((action) => ({
    action,
    resource: '*',
  })),
  { action: 's3:GetObjectAcl', resource: accessPoint('/object/web1/a') },
  { action: 'sts:AssumeRole', resource: `arn:aws:iam::${ACCOUNT}:role/backups-promoter` },
  { action: 'iam:CreateAccessKey', resource: `arn:aws:iam::${ACCOUNT}:user/owner` },
  { action: 'lambda:UpdateFunctionCode', resource: `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:backups-promoter` },
  { action: 'ec2:RunInstances', resource: `arn:aws:ec2:eu-central-1:${ACCOUNT}:instance/*` },
];
function accessPoint(rest: string): string {
  return `arn:aws:s3:eu-central-1:${ACCOUNT}:accesspoint/x${rest}`;
}

t.test('what is allowed by mistake opens no way around: no access point, no role, no machines', async (t) => {
  const all = { name: 'AdministratorAccess', document: policyDocument([{ ...ALLOW_ALL, Action: ['*'] }]) };
  for (const who of [...WRITERS, 'mirror', 'promoter'] as const) {
    const { arn, policies } = principals[who];
    for (const { action, resource } of WAYS_AROUND) {
      const request = { principalArn: arn, bucketPolicy: null, action, resource };
      const context = { 'aws:SecureTransport': 'true', 's3:prefix': 'web1/' };
      const { allowed } = await evaluateRequest({ ...request, policies: [...policies, all], context });
      t.equal(allowed, false, `${who} ${action} ${resource}`);
    }
  }
});

t.test('a bucket whose owner encrypts it with a key of his own: its users can be given that key', async (t) => {
  const key = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1`;
  const root = { AWS: [`arn:aws:iam::${ACCOUNT}:root`] };
  const grant = policyDocument([{ ...ALLOW_ALL, Action: ['kms:*'] }]);
  const keyPolicy = policyDocument([{ ...ALLOW_ALL, Principal: root, Action: ['kms:*'] }]);
  for (const who of [...WRITERS, 'mirror', 'promoter'] as const) {
    const { arn, policies } = principals[who];
    for (const action of ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:ScheduleKeyDeletion']) {
      const request = { principalArn: arn, action, resource: key, context: {} };
      const { allowed } = await evaluateRequest({
        ...request,
        policies: [...policies, { name: 'grant', document: grant }],
        bucketPolicy: { name: 'key', document: keyPolicy },
      });
      t.equal(allowed, action !== 'kms:ScheduleKeyDeletion', `${who} ${action}`);
    }
  }
});

t.test('the promoter still has its log and its queue', async (t) => {
  const { arn, policies } = principals.promoter;
  const of = (service: string, rest: string) => `arn:aws:${service}:${SIDE.region}:${ACCOUNT}:${rest}`;
  const log = of('logs', 'log-group:/aws/lambda/backups-promoter:log-stream:x');
  for (const [action = '', resource = ''] of [
    ['logs:CreateLogStream', log],
    ['logs:PutLogEvents', log],
    ['sqs:SendMessage', of('sqs', 'backups-promoter-failed')],
  ]) {
    const request = { principalArn: arn, policies, bucketPolicy: null, action, resource, context: {} };
    t.ok((await evaluateRequest(request)).allowed, action);
  }
});
