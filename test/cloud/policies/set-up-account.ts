import {
  CreateBucketCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { SIDE } from './example-side.ts';
import { FOREIGN_USER, type Who } from './policy-table.ts';
import { clientOf, type ServerAccount } from './server-account.ts';
import type { Stage } from './try-acts.ts';
import { whoCarriesWhat } from './who-carries-what.ts';

/** The secret of a user whose name is its access key. */
export function secretOf(user: string): string {
  return `secret-of-${user}`;
}

/** Both buckets and everybody of the table, with the very documents that `cloud policies` prints, as the printed steps say. */
export async function setUpAccount(account: ServerAccount): Promise<Stage> {
  const { principals, bucketPolicyOf } = whoCarriesWhat(account.flavour);
  const root = clientOf(account, account.rootKey);
  await makeBuckets(root, account);
  const clients: Partial<Record<Who, S3Client>> = {};
  for (const [who, { arn, policies }] of Object.entries(principals)) {
    const user = arn.slice(arn.indexOf('/') + 1);
    const key = { accessKeyId: user, secretAccessKey: secretOf(user) };
    await account.createUser(user, key);
    for (const { name, document } of policies) await account.attach(user, name, document);
    clients[who as Who] = clientOf(account, key);
  }
  await account.createUser(FOREIGN_USER, { accessKeyId: 'foreign-user', secretAccessKey: secretOf('foreign-user') });
  const policyTextOf = (bucket: string) => {
    const policy = bucketPolicyOf(bucket);
    return policy === null ? null : JSON.stringify(policy.document);
  };
  const bucketPolicies = { inbox: policyTextOf(SIDE.inbox), vault: policyTextOf(SIDE.vault) };
  for (const bucket of ['inbox', 'vault'] as const) {
    const Policy = bucketPolicies[bucket];
    if (Policy !== null) await root.send(new PutBucketPolicyCommand({ Bucket: SIDE[bucket], Policy }));
  }
  return { root, clients: clients as Stage['clients'], bucketPolicies };
}

async function makeBuckets(root: S3Client, { flavour }: ServerAccount): Promise<void> {
  const { inbox, vault } = SIDE;
  await root.send(new CreateBucketCommand({ Bucket: inbox }));
  await root.send(new PutBucketVersioningCommand({ Bucket: inbox, VersioningConfiguration: { Status: 'Enabled' } }));
  await root.send(new CreateBucketCommand({ Bucket: vault, ObjectLockEnabledForBucket: true }));
  if (flavour !== 'radosgw') return;
  const PublicAccessBlockConfiguration = {
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  };
  for (const Bucket of [inbox, vault])
    await root.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
}
