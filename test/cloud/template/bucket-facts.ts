import type { AwsCli } from './aws-cli.ts';
import { documentOf, sorted } from './compare-principals.ts';

export const PRIVATE = {
  versioning: 'Enabled',
  ownership: ['BucketOwnerEnforced'],
  public: { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
};

/** What both buckets have in common. */
export async function presentBucket(aws: AwsCli, bucket: string): Promise<typeof PRIVATE> {
  const ask = (what: string) => aws.ask('s3api', what, '--bucket', bucket);
  const [{ Status }, { OwnershipControls }, { PublicAccessBlockConfiguration }] = await Promise.all([
    ask('get-bucket-versioning'),
    ask('get-bucket-ownership-controls'),
    ask('get-public-access-block'),
  ]);
  return {
    versioning: Status,
    ownership: OwnershipControls.Rules.map(({ ObjectOwnership }: { ObjectOwnership: string }) => ObjectOwnership),
    public: PublicAccessBlockConfiguration,
  };
}

export async function bucketPolicy(aws: AwsCli, bucket: string): Promise<unknown> {
  return sorted(documentOf((await aws.ask('s3api', 'get-bucket-policy', '--bucket', bucket)).Policy));
}

/** Key and size of every version; markers too. */
export async function versionsIn(
  aws: AwsCli,
  bucket: string,
): Promise<readonly { readonly key: string; readonly size: number; readonly versionId: string }[]> {
  const { Versions = [], DeleteMarkers = [] } = await aws.ask('s3api', 'list-object-versions', '--bucket', bucket);
  return [...Versions, ...DeleteMarkers].map(({ Key, Size = 0, VersionId }) => ({
    key: Key,
    size: Size,
    versionId: VersionId,
  }));
}
