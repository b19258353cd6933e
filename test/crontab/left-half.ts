// The left half on a versitygw whose users are there: `node test/crontab/left-half.ts set-up URL` makes both buckets with their policies,
// `… promote URL` calls the promoter's Lambda handler with the event that S3 sends for each upload in the inbox.
import assert from 'node:assert/strict';
import {
  CreateBucketCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ObjectVersion,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { parseUploadSide } from '../../src/cloud/description/parse-upload-side.ts';
import { promoterSettingsOf } from '../../src/cloud/description/promoter-settings-of.ts';
import { namedPolicies, type PolicyKind } from '../../src/cloud/policies/named-policies.ts';
import type { PolicyStatement } from '../../src/cloud/policies/policy-document.ts';
import { createHandler } from '../../src/promoter/lambda.ts';

const side = parseUploadSide({
  file: 'upload-side.yaml',
  text: `
region: us-east-1
timezone: Europe/Berlin
inbox: example-inbox
vault: example-vault
servers:
  - name: web1
mirrors:
  - name: home-pi
`,
});
const { inbox, vault } = side;
/** The policies that say what each user may do. */
const USERS: readonly (readonly [string, PolicyKind])[] = [
  ['AKweb1', 'writer-folder'],
  ['AKmirror', 'mirror'],
  ['AKpromoter', 'promoter'],
];

const [task, endpoint = ''] = process.argv.slice(2);
if (task === 'set-up') await setUp(clientOf('AKroot', 'SKroot-secret'));
else if (task === 'promote') await promote(clientOf('AKroot', 'SKroot-secret'));
else throw new Error('left-half.ts set-up|promote URL');

function clientOf(accessKeyId: string, secretAccessKey: string): S3Client {
  return new S3Client({
    endpoint,
    region: side.region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  });
}

async function setUp(root: S3Client): Promise<void> {
  await root.send(new CreateBucketCommand({ Bucket: inbox }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await root.send(new PutBucketVersioningCommand({ Bucket: inbox, VersioningConfiguration }));
  await root.send(new CreateBucketCommand({ Bucket: vault, ObjectLockEnabledForBucket: true }));
  const Rule = { DefaultRetention: { Mode: side.lock.mode, Days: side.lock.days } };
  await root.send(
    new PutObjectLockConfigurationCommand({
      Bucket: vault,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule },
    }),
  );
  for (const Bucket of [inbox, vault])
    await root.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(bucketPolicy(Bucket)) }));
}

/**
 * versitygw knows policies of buckets only, and refuses what is not allowed: there the Allow statements of the users' printed documents come
 * with the user's name in front.
 */
function bucketPolicy(bucket: string): object {
  const policies = namedPolicies(side, 'radosgw');
  const isHere = ({ Effect, Resource }: PolicyStatement) =>
    Effect === 'Allow' && Resource.every((arn) => `${arn}/`.startsWith(`arn:aws:s3:::${bucket}/`));
  const statements = USERS.flatMap(([user, kind]) =>
    policies
      .filter((policy) => policy.kind === kind)
      .flatMap(({ document }) => document.Statement.filter(isHere))
      .map((statement) => ({ ...statement, Sid: `${user}${statement.Sid}`, Principal: { AWS: [user] } })),
  );
  assert.ok(statements.length > 1, `nobody may do anything in ${bucket}`);
  return { Version: '2012-10-17', Statement: statements };
}

async function promote(root: S3Client): Promise<void> {
  const { Versions = [] } = await root.send(new ListObjectVersionsCommand({ Bucket: inbox }));
  assert.deepEqual(Versions.map(({ Key }) => Key).sort(), ['web1/backup.tar.gz.gpg', 'web1/sql.gz.gpg']);
  const client = clientOf('AKpromoter', 'SKpromoter-secret');
  const handler = createHandler(promoterSettingsOf(side), { client });
  for (const version of Versions)
    await handler({ Records: [eventOf(version)] }, { getRemainingTimeInMillis: () => 900_000 });

  const left = await root.send(new ListObjectVersionsCommand({ Bucket: inbox }));
  assert.deepEqual([left.Versions ?? [], left.DeleteMarkers ?? []], [[], []], 'the inbox is empty');
  const { Contents = [] } = await root.send(new ListObjectsV2Command({ Bucket: vault }));
  const expected = Versions.map(({ Key = '', LastModified }) => vaultKey(Key, LastModified));
  assert.deepEqual(Contents.map(({ Key }) => Key).sort(), expected.sort());
  client.destroy();
}

/** S3 user guide, "Event message structure"; AWS's `eventTime` is when it finished the upload. */
function eventOf({ Key = '', VersionId, LastModified, Size, ETag }: ObjectVersion): object {
  const key = encodeURIComponent(Key).replaceAll('%2F', '/').replaceAll('%20', '+');
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    eventTime: LastModified?.toISOString(),
    eventName: 'ObjectCreated:CompleteMultipartUpload',
    s3: { bucket: { name: inbox }, object: { key, size: Size, eTag: ETag, versionId: VersionId } },
  };
}

/** The name by Berlin's clock, found in another way than the promoter's. */
function vaultKey(key: string, time = new Date(Number.NaN)): string {
  const [date, hour] = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Berlin',
    dateStyle: 'short',
    timeStyle: 'short',
  })
    .format(time)
    .split(/[ :]/);
  return key === 'web1/sql.gz.gpg' ? `web1/${date}.${hour}.sql.gz.gpg` : `web1/${date}.tar.gz.gpg`;
}
