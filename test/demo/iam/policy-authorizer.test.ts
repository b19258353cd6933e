import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import t, { type Test } from 'tap';
import { createPolicyAuthorizer } from '../../../src/demo/iam/policy-authorizer.ts';
import { type S3User, startS3Server } from '../../../src/demo/s3-server/start-s3-server.ts';
import { SIDE } from '../../cloud/policies/example-side.ts';
import { EVERYBODY, type Who } from '../../cloud/policies/policy-table.ts';
import { whoCarriesWhat } from '../../cloud/policies/who-carries-what.ts';

const { inbox, vault } = SIDE;
const Body = Buffer.from('archive');

t.test('the strict writer puts, in one piece and in parts, and nothing else', async (t) => {
  const { clients, versionsOf } = await start(t);
  const s3 = clients.strict;
  const Key = 'web1/backup.tar.gz.gpg';
  await s3.send(new PutObjectCommand({ Bucket: inbox, Key, Body, StorageClass: 'STANDARD' }));
  t.equal((await uploadInParts(s3, inbox, 'web1/sql.gz.gpg')).$metadata.httpStatusCode, 200);
  const begun = await s3.send(new CreateMultipartUploadCommand({ Bucket: inbox, Key }));
  await s3.send(new AbortMultipartUploadCommand({ Bucket: inbox, Key, UploadId: begun.UploadId }));
  t.same(
    (await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name),
    [inbox, vault],
  );

  const running = await s3.send(new CreateMultipartUploadCommand({ Bucket: inbox, Key }));
  const { UploadId } = running;
  const refused: readonly [string, () => Promise<unknown>][] = [
    ['read', () => s3.send(new GetObjectCommand({ Bucket: inbox, Key }))],
    ['look', () => s3.send(new HeadObjectCommand({ Bucket: inbox, Key }))],
    ['look for what is not there', () => s3.send(new HeadObjectCommand({ Bucket: inbox, Key: 'web1/none' }))],
    ['list', () => s3.send(new ListObjectsV2Command({ Bucket: inbox, Prefix: 'web1/' }))],
    ['list versions', () => s3.send(new ListObjectVersionsCommand({ Bucket: inbox, Prefix: 'web1/' }))],
    ['list uploads', () => s3.send(new ListMultipartUploadsCommand({ Bucket: inbox, Prefix: 'web1/' }))],
    ['list parts', () => s3.send(new ListPartsCommand({ Bucket: inbox, Key, UploadId }))],
    ['see the bucket', () => s3.send(new HeadBucketCommand({ Bucket: inbox }))],
    ['delete', () => s3.send(new DeleteObjectCommand({ Bucket: inbox, Key }))],
    ['copy', () => s3.send(new CopyObjectCommand({ Bucket: inbox, Key, CopySource: `${inbox}/${Key}` }))],
    [
      'copy a part',
      () =>
        s3.send(
          new UploadPartCopyCommand({ Bucket: inbox, Key, UploadId, PartNumber: 1, CopySource: `${inbox}/${Key}` }),
        ),
    ],
    ['put elsewhere', () => s3.send(new PutObjectCommand({ Bucket: inbox, Key: 'web2/backup.tar.gz.gpg', Body }))],
    ['put at the root', () => s3.send(new PutObjectCommand({ Bucket: inbox, Key: 'web1', Body }))],
    ['put into the vault', () => s3.send(new PutObjectCommand({ Bucket: vault, Key, Body, IfNoneMatch: '*' }))],
    ['read the vault', () => s3.send(new GetObjectCommand({ Bucket: vault, Key: 'web1/2026-01-02.tar.gz.gpg' }))],
    ['another class', () => s3.send(new PutObjectCommand({ Bucket: inbox, Key, Body, StorageClass: 'GLACIER' }))],
    [
      'a class in parts',
      () => s3.send(new CreateMultipartUploadCommand({ Bucket: inbox, Key, StorageClass: 'DEEP_ARCHIVE' })),
    ],
    ['an ACL', () => s3.send(new PutObjectCommand({ Bucket: inbox, Key, Body, ACL: 'bucket-owner-full-control' }))],
    ['an ACL later', () => s3.send(new PutObjectAclCommand({ Bucket: inbox, Key, ACL: 'public-read' }))],
    [
      'a lock',
      () =>
        s3.send(
          new PutObjectRetentionCommand({
            Bucket: inbox,
            Key,
            Retention: { Mode: 'GOVERNANCE', RetainUntilDate: new Date(4e12) },
          }),
        ),
    ],
    ['new rules', () => s3.send(new PutBucketPolicyCommand({ Bucket: inbox, Policy: '{}' }))],
  ];
  for (const [what, act] of refused) t.equal(await statusOf(act()), 403, what);
  const many = await s3.send(new DeleteObjectsCommand({ Bucket: inbox, Delete: { Objects: [{ Key }] } }));
  t.match(many.Errors, [{ Key, Code: 'AccessDenied' }]);
  t.equal(versionsOf(inbox, Key), 1);
});

t.test('a wildcard in a key is a character', async (t) => {
  const { clients } = await start(t);
  await clients.strict.send(new PutObjectCommand({ Bucket: inbox, Key: 'web1/*', Body }));
  t.equal(await statusOf(clients.strict.send(new PutObjectCommand({ Bucket: inbox, Key: '*', Body }))), 403);
  t.equal(await statusOf(clients.strict.send(new PutObjectCommand({ Bucket: inbox, Key: '*/*', Body }))), 403);
});

t.test('the other levels list their folder, and one of them hides names in it', async (t) => {
  const { clients } = await start(t);
  const { list, delete: deleter } = clients;
  const put = await deleter.send(new PutObjectCommand({ Bucket: inbox, Key: 'web3/a.gpg', Body }));
  t.match(await deleter.send(new ListObjectsV2Command({ Bucket: inbox, Prefix: 'web3/' })), { KeyCount: 1 });
  t.equal(await statusOf(list.send(new ListObjectsV2Command({ Bucket: inbox, Prefix: 'web3/' }))), 403);
  t.equal(await statusOf(list.send(new ListObjectsV2Command({ Bucket: inbox }))), 403);
  t.equal(await statusOf(list.send(new DeleteObjectCommand({ Bucket: inbox, Key: 'web2/a.gpg' }))), 403);
  const version = { Bucket: inbox, Key: 'web3/a.gpg', VersionId: put.VersionId };
  t.equal(await statusOf(deleter.send(new DeleteObjectCommand(version))), 403, 'not for good');
  t.match(await deleter.send(new DeleteObjectCommand({ Bucket: inbox, Key: 'web3/a.gpg' })), { DeleteMarker: true });
});

t.test('Akeeba hands its uploads to the owner, under its names only', async (t) => {
  const { akeeba } = (await start(t)).clients;
  const put = (Key: string, ACL: 'bucket-owner-full-control' | 'private') =>
    akeeba.send(new PutObjectCommand({ Bucket: inbox, Key, Body, ACL }));
  await put('akeeba/site-1.jpa', 'bucket-owner-full-control');
  t.equal(await statusOf(put('akeeba/site-1.jpa', 'private')), 403);
  t.equal(await statusOf(put('akeeba/shell.php', 'bucket-owner-full-control')), 403);
});

t.test('the mirror reads the vault, and hears 404 where nothing is', async (t) => {
  const { mirror } = (await start(t)).clients;
  const Key = 'web1/2026-01-02.tar.gz.gpg';
  t.equal(await (await mirror.send(new GetObjectCommand({ Bucket: vault, Key }))).Body?.transformToString(), 'old');
  await mirror.send(new GetObjectAttributesCommand({ Bucket: vault, Key, ObjectAttributes: ['ETag'] }));
  t.equal((await mirror.send(new ListObjectVersionsCommand({ Bucket: vault }))).Versions?.length, 1);
  t.equal(await statusOf(mirror.send(new HeadObjectCommand({ Bucket: vault, Key: 'none' }))), 404);
  t.equal(await statusOf(mirror.send(new DeleteObjectCommand({ Bucket: vault, Key }))), 403);
  t.equal(await statusOf(mirror.send(new ListObjectsV2Command({ Bucket: inbox }))), 403);
});

t.test('the promoter copies in parts to new names only, deletes that version, and hears 404', async (t) => {
  const { clients, versionsOf } = await start(t);
  const { promoter, strict } = clients;
  const Key = 'web1/backup.tar.gz.gpg';
  const { VersionId } = await strict.send(new PutObjectCommand({ Bucket: inbox, Key, Body }));
  const target = { Bucket: vault, Key: 'web1/2026-01-03.tar.gz.gpg' };
  t.equal(await statusOf(promoter.send(new HeadObjectCommand(target))), 404);
  const { UploadId } = await promoter.send(new CreateMultipartUploadCommand(target));
  const CopySource = `${inbox}/${Key}?versionId=${VersionId}`;
  const part = await promoter.send(new UploadPartCopyCommand({ ...target, UploadId, PartNumber: 1, CopySource }));
  const complete = {
    ...target,
    UploadId,
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.CopyPartResult?.ETag }] },
  };
  t.equal(await statusOf(promoter.send(new CompleteMultipartUploadCommand(complete))), 403, 'without If-None-Match');
  await promoter.send(new CompleteMultipartUploadCommand({ ...complete, IfNoneMatch: '*' }));
  t.equal(await statusOf(promoter.send(new PutObjectCommand({ ...target, Body }))), 403, 'nor a plain put');
  t.equal(await statusOf(promoter.send(new DeleteObjectCommand(target))), 403);
  t.equal(await statusOf(promoter.send(new DeleteObjectCommand({ Bucket: inbox, Key }))), 403, 'no delete markers');
  await promoter.send(new DeleteObjectCommand({ Bucket: inbox, Key, VersionId }));
  t.equal(versionsOf(inbox, Key), 0);
});

t.test('the administrator does not delete by accident; a stranger does nothing', async (t) => {
  const { clients, reasons } = await start(t);
  const old = { Bucket: vault, Key: 'web1/2026-01-02.tar.gz.gpg' };
  t.equal(await statusOf(clients.administrator.send(new DeleteObjectCommand(old))), 403);
  t.equal(reasons.at(-1), 'backups-vault-bucket: NobodyDeletesOrUnlocks');
  t.equal(await statusOf(clients.stranger.send(new ListBucketsCommand({}))), 403);
  t.equal(reasons.at(-1), 'nobody knows this key');
});

async function uploadInParts(s3: S3Client, Bucket: string, Key: string) {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  return s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
}

/** 200 for what was done, else the status of the refusal. */
async function statusOf(act: Promise<unknown>): Promise<number | undefined> {
  try {
    await act;
    return 200;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return error.$metadata.httpStatusCode;
  }
}

async function start(t: Test) {
  const { principals, bucketPolicyOf } = whoCarriesWhat('aws');
  const userOf = (name: string): S3User => ({ name, accessKeyId: `AK${name}`, secretAccessKey: `secret of ${name}` });
  const reasons: string[] = [];
  const server = await startS3Server({
    dataDir: t.testdir(),
    users: [...EVERYBODY, 'stranger'].map(userOf),
    clock: { now: () => Date.now(), sleep: () => Promise.reject(new Error('the server does not sleep')) },
    authorize: createPolicyAuthorizer({
      principals: new Map(EVERYBODY.map((who) => [userOf(who).accessKeyId, principals[who]])),
      bucketPolicyOf,
      onVerdict: (_, { why }) => reasons.push(why),
    }),
  });
  server.addBucket(inbox, { versioning: 'Enabled' });
  server.addBucket(vault, { versioning: 'Enabled', lock: true });
  server.seed(vault, [{ key: 'web1/2026-01-02.tar.gz.gpg', body: 'old' }]);
  const connect = (name: string) =>
    new S3Client({
      endpoint: server.url,
      region: SIDE.region,
      forcePathStyle: true,
      credentials: userOf(name),
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
  const clients = Object.fromEntries([...EVERYBODY, 'stranger'].map((name) => [name, connect(name)])) as Record<
    Who | 'stranger',
    S3Client
  >;
  t.teardown(async () => {
    for (const client of Object.values(clients)) client.destroy();
    await server.close();
  });
  return { clients, reasons, versionsOf: (bucket: string, key: string) => server.versionsOf(bucket, key).length };
}
