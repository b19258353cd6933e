import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { DAY_MS } from '../../core/duration.ts';
import { errorCode } from '../error-code.ts';
import { INBOX, VAULT } from '../upload-side-text.ts';
import type { Attempt, AttemptGroup, Raid } from './attempt.ts';

const ALLOW_ALL =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}';
const GARBAGE = 'garbage';

/** What the key's policies refuse, whatever the promoter would make of it. */
export const REFUSED_ATTEMPTS: readonly AttemptGroup[] = [
  {
    title: 'Reading',
    attempts: [
      bucketNames(),
      refused('list the inbox', (s3) => s3.send(new ListObjectsV2Command({ Bucket: INBOX, Prefix: 'web1/' }))),
      refused('list old versions in its own folder', (s3) =>
        s3.send(new ListObjectVersionsCommand({ Bucket: INBOX, Prefix: 'web1/' })),
      ),
      refused('list uploads under way', (s3) => s3.send(new ListMultipartUploadsCommand({ Bucket: INBOX }))),
      refused('read back what it uploaded itself', (s3, { foothold }) =>
        s3.send(new GetObjectCommand({ Bucket: INBOX, Key: foothold.key })),
      ),
      refused('list the vault', (s3) => s3.send(new ListObjectsV2Command({ Bucket: VAULT }))),
      refused('read an archive', (s3, { victim }) => s3.send(new GetObjectCommand({ Bucket: VAULT, Key: victim.key }))),
      refused('ask whether an archive is there', (s3, { victim }) =>
        s3.send(new HeadObjectCommand({ Bucket: VAULT, Key: victim.key })),
      ),
      refused('copy an archive into its own folder', (s3, { victim }) =>
        s3.send(new CopyObjectCommand({ Bucket: INBOX, Key: 'web1/loot', CopySource: `${VAULT}/${victim.key}` })),
      ),
    ],
  },
  {
    title: 'The vault',
    attempts: [
      refused('overwrite an archive', (s3, { victim }) => s3.send(put(VAULT, victim.key))),
      refused('write a new archive, as the promoter would', (s3) =>
        s3.send(new PutObjectCommand({ Bucket: VAULT, Key: 'web1/new', Body: GARBAGE, IfNoneMatch: '*' })),
      ),
      refused('begin an upload in parts', (s3, { victim }) =>
        s3.send(new CreateMultipartUploadCommand({ Bucket: VAULT, Key: victim.key })),
      ),
      refused('copy its own upload over an archive', (s3, { victim, foothold }) =>
        s3.send(new CopyObjectCommand({ Bucket: VAULT, Key: victim.key, CopySource: `${INBOX}/${foothold.key}` })),
      ),
      refused('hide an archive under a delete marker', (s3, { victim }) =>
        s3.send(new DeleteObjectCommand({ Bucket: VAULT, Key: victim.key })),
      ),
      refused('delete an archive’s version, past its lock', (s3, { victim }) =>
        s3.send(new DeleteObjectCommand({ Bucket: VAULT, ...versionOf(victim), BypassGovernanceRetention: true })),
      ),
      refused('delete many archives at once', (s3, { victim }) => deleteMany(s3, [victim])),
      refused('shorten an archive’s lock', (s3, { victim, stage }) =>
        s3.send(new PutObjectRetentionCommand({ Bucket: VAULT, ...versionOf(victim), Retention: lock(stage.nowMs) })),
      ),
      refused('let a lifecycle rule empty the vault tomorrow', (s3) =>
        s3.send(
          new PutBucketLifecycleConfigurationCommand({
            Bucket: VAULT,
            LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } }] },
          }),
        ),
      ),
    ],
  },
  {
    title: 'The inbox, and more power',
    attempts: [
      refused('write into another server’s folder', (s3) => s3.send(put(INBOX, 'web2/sql.gz.gpg'))),
      refused('write outside all folders', (s3) => s3.send(put(INBOX, 'backup.tar.gz.gpg'))),
      refused('abort another server’s upload in parts', (s3) =>
        s3.send(new AbortMultipartUploadCommand({ Bucket: INBOX, Key: 'web2/sql.gz.gpg', UploadId: 'guessed' })),
      ),
      refused('delete what waits in the inbox', (s3, { foothold }) =>
        s3.send(new DeleteObjectCommand({ Bucket: INBOX, ...versionOf(foothold) })),
      ),
      refused('make its upload public', (s3, { foothold }) =>
        s3.send(new PutObjectAclCommand({ Bucket: INBOX, Key: foothold.key, ACL: 'public-read' })),
      ),
      refused('upload with an ACL', (s3) => s3.send(put(INBOX, 'web1/x', { ACL: 'public-read' }))),
      refused('upload in a class that the promoter cannot read', (s3) =>
        s3.send(put(INBOX, 'web1/x', { StorageClass: 'DEEP_ARCHIVE' })),
      ),
      refused('upload encrypted with its own key (SSE-C)', (s3) =>
        s3.send(
          put(INBOX, 'web1/x', { SSECustomerAlgorithm: 'AES256', SSECustomerKey: Buffer.alloc(32).toString('base64') }),
        ),
      ),
      refused('lock its garbage for years, at the owner’s cost', (s3, { stage }) => {
        const ObjectLockRetainUntilDate = lock(stage.nowMs + 3650 * DAY_MS).RetainUntilDate;
        return s3.send(put(INBOX, 'web1/x', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate }));
      }),
      refused('suspend the versioning of the inbox', (s3) =>
        s3.send(new PutBucketVersioningCommand({ Bucket: INBOX, VersioningConfiguration: { Status: 'Suspended' } })),
      ),
      refused('put a bucket policy that allows everything', (s3) =>
        s3.send(new PutBucketPolicyCommand({ Bucket: VAULT, Policy: ALLOW_ALL })),
      ),
      refused('delete the vault’s bucket policy', (s3) => s3.send(new DeleteBucketPolicyCommand({ Bucket: VAULT }))),
      refused('silence the promoter: no more notifications', (s3) =>
        s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: INBOX, NotificationConfiguration: {} })),
      ),
    ],
  },
];

/** The one thing that its key shows it. */
function bucketNames(): Attempt {
  return {
    what: 'list the buckets',
    mayFillInbox: false,
    async make({ key }) {
      const { Buckets = [] } = await key.client().send(new ListBucketsCommand({}));
      const names = Buckets.map(({ Name }) => Name).sort();
      const asDesigned = names.join() === [INBOX, VAULT].sort().join();
      return { asDesigned, words: 'allowed: it sees two names, no more' };
    },
  };
}

/** S3 has to answer AccessDenied, because of a policy, which is named. */
function refused(what: string, send: (s3: S3Client, raid: Raid) => Promise<unknown>): Attempt {
  return {
    what,
    mayFillInbox: false,
    async make(raid) {
      const { account } = raid.stage;
      const before = account.refusals;
      const code = await errorCode(send(raid.key.client(), raid));
      // Only the first: what is asked after it decides no more than how the refusal is worded.
      const [refusal] = account.refusalsSince(before);
      const asDesigned = code === 'AccessDenied' && refusal?.user === raid.key.user.name;
      return { asDesigned, words: refusal?.why ?? code };
    },
  };
}

async function deleteMany(s3: S3Client, victims: readonly Raid['victim'][]): Promise<void> {
  const Objects = victims.map(versionOf);
  const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket: VAULT, Delete: { Objects } }));
  // The answer as a whole is a success, even where every single delete was refused.
  const [first] = Errors;
  if (first !== undefined) throw Object.assign(new Error(first.Message), { name: first.Code });
}

function put(Bucket: string, Key: string, extras: object = {}): PutObjectCommand {
  return new PutObjectCommand({ Bucket, Key, Body: GARBAGE, ...extras });
}

function versionOf({ key, versionId }: Raid['victim']) {
  return { Key: key, VersionId: versionId };
}

function lock(afterMs: number) {
  return { Mode: 'GOVERNANCE', RetainUntilDate: new Date(afterMs + DAY_MS) } as const;
}
