import type { PolicyFlavour, StatementActions } from './policy-document.ts';

/**
 * What a server can tell about a request. A condition on what it cannot tell is at best dead and at worst a refusal of the whole document,
 * so it is left out there.
 */
export interface Flavour {
  /** As a person knows it. */
  readonly title: string;
  /** Policies can be attached to groups; otherwise every user carries its level's policies itself. */
  readonly hasGroups: boolean;
  /** A bucket's own policy binds users with keys, too. */
  readonly hasBucketPolicies: boolean;
  /** A role with an assumed identity runs the promoter; otherwise a user with a key. */
  readonly hasRoles: boolean;
  /** `aws:SecureTransport` tells whether the client came by TLS. */
  readonly seesTls: boolean;
  /** `s3:x-amz-storage-class` */
  readonly seesStorageClass: boolean;
  /** `s3:x-amz-server-side-encryption-customer-algorithm` */
  readonly seesCustomerKeys: boolean;
  /** `s3:x-amz-acl`, `s3:x-amz-grant-…`, and the actions on ACLs. */
  readonly seesAcls: boolean;
  /** An upload with `x-amz-acl` needs s3:PutObjectAcl besides s3:PutObject. */
  readonly aclHeaderNeedsPutObjectAcl: boolean;
  /** A `*` that stands before other characters ends where the first of them occurs, without a second try. */
  readonly wildcardsStopEarly: boolean;
  /** `s3:if-none-match` and `s3:ObjectCreationOperation` */
  readonly seesIfNoneMatch: boolean;
  /** Every deletion needs s3:DeleteObject, that of a version s3:DeleteObjectVersion not to be refused. */
  readonly deletesVersionsByDeleteObject: boolean;
  /** s3:GetObjectAttributes and s3:GetObjectVersionAttributes are actions it knows. */
  readonly knowsAttributes: boolean;
  /** A key may have powers beyond S3, and S3 has resources besides buckets and objects. */
  readonly hasOtherServices: boolean;
  /** All S3 actions it knows, where it does not obey `NotAction`. */
  readonly actions: readonly string[] | null;
}

/**
 * - AWS: the service authorization reference for Amazon S3.
 * - radosgw (seen in Ceph 16.2): no groups; reads `NotAction` and then never applies it (`Statement::eval` in rgw_iam_policy.cc); refuses
 *   actions it does not know; whoever wrote an object owns it and may read it and change its ACL, unless that is refused by name; conditions
 *   on the headers of CreateMultipartUpload are not asked; `aws:SecureTransport` is absent behind a proxy, and false there would lock everybody out.
 * - MinIO (its Go package `policy`): bucket policies bind only anonymous requests; there are no ACLs; refuses condition keys that it does
 *   not know for an action; `s3:versionid` is an empty text where none is named. `aws:SecureTransport` is false behind a proxy.
 */
const FLAVOURS: Readonly<Record<PolicyFlavour, Flavour>> = {
  aws: {
    title: 'AWS',
    hasGroups: true,
    hasBucketPolicies: true,
    hasRoles: true,
    seesTls: true,
    seesStorageClass: true,
    seesCustomerKeys: true,
    seesAcls: true,
    aclHeaderNeedsPutObjectAcl: true,
    wildcardsStopEarly: false,
    seesIfNoneMatch: true,
    deletesVersionsByDeleteObject: false,
    knowsAttributes: true,
    hasOtherServices: true,
    actions: null,
  },
  radosgw: {
    title: 'Ceph radosgw',
    hasGroups: false,
    hasBucketPolicies: true,
    hasRoles: false,
    seesTls: false,
    seesStorageClass: false,
    seesCustomerKeys: false,
    seesAcls: true,
    aclHeaderNeedsPutObjectAcl: false,
    wildcardsStopEarly: true,
    seesIfNoneMatch: false,
    deletesVersionsByDeleteObject: false,
    knowsAttributes: false,
    hasOtherServices: false,
    actions: [
      ...names('s3:AbortMultipartUpload s3:BypassGovernanceRetention s3:CreateBucket s3:RestoreObject'),
      ...names('s3:DeleteBucket s3:DeleteBucketPolicy s3:DeleteBucketWebsite s3:DeleteReplicationConfiguration'),
      ...names('s3:DeleteObject s3:DeleteObjectTagging s3:DeleteObjectVersion s3:DeleteObjectVersionTagging'),
      ...names('s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLocation s3:GetBucketLogging s3:GetBucketNotification'),
      ...names('s3:GetBucketObjectLockConfiguration s3:GetBucketPolicy s3:GetBucketPolicyStatus s3:GetBucketTagging'),
      ...names('s3:GetBucketPublicAccessBlock s3:GetBucketRequestPayment s3:GetBucketVersioning s3:GetBucketWebsite'),
      ...names('s3:GetLifecycleConfiguration s3:GetObject s3:GetObjectAcl s3:GetObjectLegalHold s3:GetObjectRetention'),
      ...names('s3:GetObjectTagging s3:GetObjectTorrent s3:GetObjectVersion s3:GetObjectVersionAcl'),
      ...names('s3:GetObjectVersionTagging s3:GetObjectVersionTorrent s3:GetReplicationConfiguration'),
      ...names('s3:ListAllMyBuckets s3:ListBucket s3:ListBucketMultipartUploads s3:ListBucketVersions'),
      ...names('s3:ListMultipartUploadParts s3:PutBucketAcl s3:PutBucketCORS s3:PutBucketLogging'),
      ...names('s3:PutBucketNotification s3:PutBucketObjectLockConfiguration s3:PutBucketPolicy s3:PutBucketTagging'),
      ...names('s3:PutBucketPublicAccessBlock s3:PutBucketRequestPayment s3:PutBucketVersioning s3:PutBucketWebsite'),
      ...names('s3:PutLifecycleConfiguration s3:PutObject s3:PutObjectAcl s3:PutObjectLegalHold s3:PutObjectRetention'),
      ...names('s3:PutObjectTagging s3:PutObjectVersionAcl s3:PutObjectVersionTagging s3:PutReplicationConfiguration'),
    ],
  },
  minio: {
    title: 'MinIO',
    hasGroups: true,
    hasBucketPolicies: false,
    hasRoles: false,
    seesTls: false,
    seesStorageClass: true,
    seesCustomerKeys: true,
    seesAcls: false,
    aclHeaderNeedsPutObjectAcl: false,
    wildcardsStopEarly: false,
    seesIfNoneMatch: false,
    deletesVersionsByDeleteObject: true,
    knowsAttributes: true,
    hasOtherServices: false,
    actions: null,
  },
};

export function flavourOf(flavour: PolicyFlavour): Flavour {
  return FLAVOURS[flavour];
}

/** What S3 asks KMS for in the caller's name, where a bucket's default encryption has a key of its owner's. */
const ENCRYPTION_BY_BUCKET = ['kms:GenerateDataKey', 'kms:Decrypt'];

/**
 * Every action but these, as a Deny names them: on AWS those of all services. Verbs of which nothing is excepted are written with a wildcard
 * where the server's actions must be listed.
 */
export function everythingBut(excepted: readonly string[], { actions, hasOtherServices }: Flavour): StatementActions {
  if (actions === null) return { NotAction: hasOtherServices ? [...excepted, ...ENCRYPTION_BY_BUCKET] : excepted };
  const denied = actions.filter((action) => !excepted.includes(action));
  const isWhole = (verb: string) => !excepted.some((action) => verbOf(action) === verb);
  return { Action: [...new Set(denied.map((action) => (isWhole(verbOf(action)) ? `${verbOf(action)}*` : action)))] };
}

/** 's3:Put' of 's3:PutBucketAcl'. */
function verbOf(action: string): string {
  return /^s3:[A-Z][a-z]+/.exec(action)?.[0] ?? action;
}

function names(text: string): string[] {
  return text.split(' ');
}
