import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type PolicyDocument, policyDocument } from '../../../src/cloud/policies/policy-document.ts';
import type { Target } from './act.ts';
import { BUCKET_ACTS } from './bucket-acts.ts';
import { DEAD_LINES, FIRST_ARTICLE, LIVE_LINES } from './first-article.ts';
import { OBJECT_ACTS } from './object-acts.ts';
import { clientOf, type ServerAccount } from './server-account.ts';
import { secretOf } from './set-up-account.ts';
import { outcomeOf } from './try-acts.ts';

const BUCKET = 'example-article';

/** What each of the article's two keys may really do; `may` is the whole of it. */
const KEYS = [
  { user: 'article-write', document: FIRST_ARTICLE.write, may: LIVE_LINES },
  { user: 'article-delete', document: FIRST_ARTICLE.writeAndDelete, may: [...LIVE_LINES, 's3:DeleteObject'] },
] as const;
const TRIED = [
  ...[...LIVE_LINES, ...DEAD_LINES, 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:GetObject', 's3:GetObjectVersion'],
  ...['s3:ListBucketVersions', 's3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:PutLifecycleConfiguration'],
];

/**
 * The first article's policies on radosgw, as they stand in the article, in a bucket of their own: what lives works, and the dead lines
 * give nothing. Tells what is otherwise. radosgw lets every user list buckets, which is to say its own: a dead line shows no other.
 */
export async function tryFirstArticle(account: ServerAccount, root: S3Client): Promise<string[]> {
  await root.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await root.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }));
  const wrong: string[] = [];
  for (const { user, document, may } of KEYS) {
    const key = { accessKeyId: user, secretAccessKey: secretOf(user) };
    await account.createUser(user, key);
    await account.attach(user, 'BackupOperator', forBucket(document));
    const s3 = clientOf(account, key);
    for (const action of TRIED.filter((action) => action !== 's3:ListAllMyBuckets')) {
      for (const outcome of await outcomesOf(action, s3, root))
        if (outcome !== (may.includes(action) ? 'done' : 'refused')) wrong.push(`${user}, ${action}: ${outcome}`);
    }
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    wrong.push(...Buckets.map(({ Name }) => `${user} sees the bucket ${Name}`));
  }
  return wrong;
}

async function outcomesOf(action: string, s3: S3Client, root: S3Client): Promise<string[]> {
  const acts = OBJECT_ACTS[action] ?? BUCKET_ACTS[action];
  if (acts === undefined) throw new RangeError(`nobody can try ${action}`);
  const outcomes: string[] = [];
  for (const index of acts(await otherServersUpload(root))
    .filter(({ needsMore }) => !needsMore)
    .keys()) {
    const act = acts(await otherServersUpload(root))[index];
    // radosgw asks for more rights for it than there are: see deviations.ts.
    if (act !== undefined && act.name !== 'DeleteObjects') outcomes.push((await outcomeOf(act, s3)).outcome);
  }
  return outcomes;
}

async function otherServersUpload(root: S3Client): Promise<Target> {
  const at = { Bucket: BUCKET, Key: 'other-server/backup.tar.gz.gpg' };
  const { VersionId = '' } = await root.send(new PutObjectCommand({ ...at, Body: 'an upload' }));
  const { UploadId = '' } = await root.send(new CreateMultipartUploadCommand(at));
  return {
    ...{ bucket: BUCKET, key: at.Key, versionId: VersionId, uploadId: UploadId },
    ...{ context: {}, ownPlace: null, bucketPolicy: null },
  };
}

/** The article's document for this bucket, with which the left half has nothing to do. */
function forBucket({ Statement }: PolicyDocument): PolicyDocument {
  return policyDocument(Statement.map((statement) => ({ ...statement, Resource: [`arn:aws:s3:::${BUCKET}/*`] })));
}
