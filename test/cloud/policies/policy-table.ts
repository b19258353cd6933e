import { type Flavour, flavourOf } from '../../../src/cloud/policies/flavours.ts';
import type { PolicyFlavour } from '../../../src/cloud/policies/policy-document.ts';

/**
 * Who may do what, as data: every S3 action that matters, at every kind of place in both buckets, for everybody with a key of `SIDE`. Written by
 * hand from what is promised, not from the documents; whoever has an S3 server and clients can hold both against it.
 *
 * `akeeba` is a strict server that is limited to names and hands its uploads to the bucket's owner; `administrator` has an Allow for everything,
 * so that only the buckets' own policies refuse.
 */
export type Writer = keyof typeof FOLDERS;
export type Who = Writer | 'mirror' | 'promoter' | 'administrator';

/** The writers' folders in the inbox, and through the promoter in the vault. */
export const FOLDERS = { strict: 'web1/', list: 'web2/', delete: 'web3/', akeeba: 'akeeba/' } as const;

export const EVERYBODY: readonly Who[] = [
  ...(['strict', 'list', 'delete', 'akeeba', 'mirror', 'promoter', 'administrator'] as const),
];

export interface Cell {
  readonly who: Who;
  readonly action: string;
  /** null: the action knows no bucket. */
  readonly bucket: 'inbox' | 'vault' | null;
  /** null: the action is about the bucket. */
  readonly key: string | null;
  /** What the request's headers and parameters say, as IAM's condition keys. */
  readonly context: Readonly<Record<string, string>>;
  readonly allowed: boolean;
}

/** Somebody else with a key, to whom a writer may want to give rights. */
export const FOREIGN_USER = '0123';
export const UPLOAD = 'backup.tar.gz.gpg';
const WRITES = ['s3:PutObject', 's3:AbortMultipartUpload'];
const LISTINGS = ['s3:ListBucket', 's3:ListBucketVersions'];
const READS = ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectAttributes', 's3:GetObjectVersionAttributes'];
const OBJECT_ACTIONS = [
  ...[...WRITES, ...READS, 's3:ListMultipartUploadParts', 's3:GetObjectAcl', 's3:GetObjectTagging'],
  ...[
    's3:GetObjectRetention',
    's3:DeleteObject',
    's3:DeleteObjectVersion',
    's3:PutObjectAcl',
    's3:PutObjectVersionAcl',
  ],
  ...['s3:PutObjectTagging', 's3:DeleteObjectTagging', 's3:PutObjectRetention', 's3:PutObjectLegalHold'],
  ...['s3:BypassGovernanceRetention', 's3:RestoreObject', 's3:ReplicateObject', 's3:ReplicateDelete'],
];
const BUCKET_ACTIONS = [
  ...['s3:ListBucketMultipartUploads', 's3:GetBucketLocation', 's3:GetBucketVersioning', 's3:GetBucketPolicy'],
  ...['s3:GetBucketObjectLockConfiguration', 's3:GetLifecycleConfiguration', 's3:GetBucketNotification'],
  ...['s3:PutBucketPolicy', 's3:DeleteBucketPolicy', 's3:DeleteBucket', 's3:CreateBucket', 's3:PutBucketVersioning'],
  ...['s3:PutBucketObjectLockConfiguration', 's3:PutLifecycleConfiguration', 's3:PutBucketNotification'],
  ...['s3:PutBucketAcl', 's3:PutBucketPublicAccessBlock', 's3:PutReplicationConfiguration', 's3:PutBucketTagging'],
  ...['s3:PutEncryptionConfiguration', 's3:PutBucketOwnershipControls'],
];
const LOOK_AT_BUCKET = ['s3:GetBucketLocation', 's3:GetBucketVersioning'];
const LOOK_AT_RULES = ['s3:GetBucketObjectLockConfiguration', 's3:GetLifecycleConfiguration'];
/** By the vault's own policy, to everybody who is not the promoter, administrators included; its settings stay changeable. */
const REFUSED_BY_VAULT = [
  ...['s3:PutObject', 's3:PutObjectAcl', 's3:PutObjectVersionAcl', 's3:PutObjectTagging', 's3:ReplicateObject'],
  ...['s3:ReplicateDelete', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
];
const ALL = [...OBJECT_ACTIONS, ...BUCKET_ACTIONS, ...LISTINGS];

/** What a writer may do in its own folder, without further headers; and nothing anywhere else. */
const MAY_IN_OWN_FOLDER: Readonly<Record<Writer, readonly string[]>> = {
  strict: WRITES,
  list: [...WRITES, 's3:ListBucket', 's3:ListMultipartUploadParts'],
  delete: [...WRITES, 's3:ListBucket', 's3:ListMultipartUploadParts', 's3:DeleteObject'],
  akeeba: WRITES,
};
/** What the others may do anywhere in a bucket. The promoter's PutObject needs a header, see `forms`. */
const MAY_IN_BUCKET: Readonly<Record<Exclude<Who, Writer>, Readonly<Record<'inbox' | 'vault', readonly string[]>>>> = {
  mirror: { inbox: [], vault: [...LISTINGS, ...READS, ...LOOK_AT_BUCKET, ...LOOK_AT_RULES] },
  promoter: {
    inbox: [...LISTINGS, ...READS, 's3:DeleteObjectVersion'],
    vault: ['s3:ListBucket', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:GetObject'],
  },
  administrator: { inbox: ALL, vault: ALL.filter((action) => !REFUSED_BY_VAULT.includes(action)) },
};

/** Every cell that this kind of server can tell from the others. */
export function policyTable(flavour: PolicyFlavour): readonly Cell[] {
  const server = flavourOf(flavour);
  const cells = [...writers(), ...others(server), ...listBuckets(), ...forms(server)];
  return cells.filter(({ who, action }) => {
    if (who === 'administrator' && !server.hasBucketPolicies) return false;
    return flavour === 'aws' || !UNKNOWN_ELSEWHERE.has(action);
  });
}

/** Actions of AWS that radosgw or MinIO refuse to read in a document. */
const UNKNOWN_ELSEWHERE = new Set([
  ...['s3:GetObjectAttributes', 's3:GetObjectVersionAttributes', 's3:ReplicateObject', 's3:ReplicateDelete'],
  ...['s3:PutEncryptionConfiguration', 's3:PutBucketOwnershipControls', 's3:PutObjectVersionAcl'],
]);

function writers(): Cell[] {
  return writerFolders().flatMap(([who, folder]) => {
    const mayOwn = MAY_IN_OWN_FOLDER[who];
    const other = who === 'list' ? 'web1/' : 'web2/';
    const outside = [`${other}${UPLOAD}`, `${folder.slice(0, -1)}-old/${UPLOAD}`, UPLOAD];
    const cell = (action: string, bucket: 'inbox' | 'vault', key: string | null, allowed = false): Cell => ({
      who,
      action,
      bucket,
      key,
      context: {},
      allowed,
    });
    const list = (action: string, bucket: 'inbox' | 'vault', prefix: string, allowed = false): Cell => ({
      who,
      action,
      bucket,
      key: null,
      context: { 's3:prefix': prefix },
      allowed,
    });
    return [
      ...OBJECT_ACTIONS.flatMap((action) => [
        cell(action, 'inbox', `${folder}${UPLOAD}`, mayOwn.includes(action)),
        ...outside.map((key) => cell(action, 'inbox', key)),
        cell(action, 'vault', `${folder}${UPLOAD}`),
      ]),
      ...BUCKET_ACTIONS.flatMap((action) => [cell(action, 'inbox', null), cell(action, 'vault', null)]),
      ...LISTINGS.flatMap((action) => [
        list(action, 'inbox', folder, mayOwn.includes(action)),
        list(action, 'inbox', `${folder}2026`, mayOwn.includes(action)),
        ...['', folder.slice(0, -1), other, folder.toUpperCase()].map((prefix) => list(action, 'inbox', prefix)),
        cell(action, 'inbox', null),
        list(action, 'vault', folder),
        cell(action, 'vault', null),
      ]),
    ];
  });
}

function others(server: Flavour): Cell[] {
  const who: readonly Exclude<Who, Writer>[] = ['mirror', 'promoter', 'administrator'];
  const may = (who: Exclude<Who, Writer>, bucket: 'inbox' | 'vault', action: string) =>
    MAY_IN_BUCKET[who][bucket].includes(action) ||
    (who === 'promoter' && bucket === 'vault' && action === 's3:PutObject' && !server.seesIfNoneMatch);
  return who.flatMap((who) =>
    (['inbox', 'vault'] as const).flatMap((bucket) => [
      ...OBJECT_ACTIONS.map((action) => {
        return { who, action, bucket, key: `web1/${UPLOAD}`, context: {}, allowed: may(who, bucket, action) };
      }),
      ...[...BUCKET_ACTIONS, ...LISTINGS].map((action) => {
        return { who, action, bucket, key: null, context: {}, allowed: may(who, bucket, action) };
      }),
    ]),
  );
}

function listBuckets(): Cell[] {
  const cell = (who: Who, allowed: boolean): Cell => ({
    who,
    action: 's3:ListAllMyBuckets',
    bucket: null,
    key: null,
    context: {},
    allowed,
  });
  const rest = [cell('mirror', false), cell('promoter', false), cell('administrator', true)];
  return [...writerFolders().map(([who]) => cell(who, true)), ...rest];
}

/** Uploads by their headers. */
function forms(server: Flavour): Cell[] {
  const encryption = 's3:x-amz-server-side-encryption';
  const header = (name: string, value: string) => ({ [`s3:${name}`]: value });
  const harmless = [
    header('x-amz-storage-class', 'STANDARD'),
    { [encryption]: 'AES256' },
    header('ObjectCreationOperation', 'false'),
  ];
  const refused = [
    { [encryption]: 'aws:kms' },
    ...(server.seesStorageClass
      ? ['GLACIER', 'DEEP_ARCHIVE', 'GLACIER_IR', 'STANDARD_IA', 'REDUCED_REDUNDANCY']
      : []
    ).map((name) => header('x-amz-storage-class', name)),
    ...(server.seesCustomerKeys ? [{ [`${encryption}-customer-algorithm`]: 'AES256' }] : []),
    ...(server.seesTls ? [{ 'aws:SecureTransport': 'false' }] : []),
    ...(server.seesAcls ? ['public-read', 'authenticated-read'] : []).map((acl) => header('x-amz-acl', acl)),
    ...(server.seesAcls ? ['read', 'read-acp', 'write', 'write-acp', 'full-control'] : []).map((grant) =>
      header(`x-amz-grant-${grant}`, `id=${FOREIGN_USER}`),
    ),
  ];
  const put = (who: Who, bucket: 'inbox' | 'vault', key: string, context: Cell['context'], allowed: boolean): Cell => ({
    who,
    action: 's3:PutObject',
    bucket,
    key,
    context,
    allowed,
  });
  const cells = writerFolders().flatMap(([who, folder]) => [
    put(who, 'inbox', `${folder}deeper/${UPLOAD}`, {}, true),
    ...harmless.map((context) => put(who, 'inbox', `${folder}${UPLOAD}`, context, true)),
    ...refused.map((context) => put(who, 'inbox', `${folder}${UPLOAD}`, context, false)),
  ]);
  // The bucket's own policy holds for everybody; only plain ACLs are left to the owner.
  const byAll = refused.filter((context) => !('s3:x-amz-acl' in context));
  cells.push(...byAll.map((context) => put('administrator', 'inbox', UPLOAD, context, false)));
  cells.push(put('akeeba', 'inbox', 'akeeba/site-1.jpa', {}, true), put('akeeba', 'inbox', 'akeeba/a.php', {}, false));
  if (server.seesAcls) {
    // What an upload has anyway; rclone 1.60 asks for it by name.
    const own = { 's3:x-amz-acl': 'private' };
    const may = (who: Writer) => who !== 'akeeba' && !server.aclHeaderNeedsPutObjectAcl;
    cells.push(...writerFolders().map(([who, folder]) => put(who, 'inbox', `${folder}${UPLOAD}`, own, may(who))));
    cells.push(...ownerAcl(put, server));
  }
  if (server.seesIfNoneMatch) {
    const onlyNew = { 's3:if-none-match': '*' };
    cells.push(
      put('promoter', 'vault', 'web1/2026-01-02.tar.gz.gpg', onlyNew, true),
      put('promoter', 'vault', 'web1/2026-01-02.tar.gz.gpg', { 's3:ObjectCreationOperation': 'false' }, true),
      put('administrator', 'vault', 'web1/2026-01-02.tar.gz.gpg', onlyNew, false),
      put('strict', 'vault', 'web1/2026-01-02.tar.gz.gpg', onlyNew, false),
    );
  }
  return cells;
}

/** `bucket-owner-full-control` is Akeeba's alone, and its only power over ACLs. */
function ownerAcl(
  put: (who: Who, bucket: 'inbox', key: string, context: Cell['context'], allowed: boolean) => Cell,
  server: Flavour,
) {
  const acl = (name: string) => ({ 's3:x-amz-acl': name });
  return writerFolders().flatMap(([who, folder]) => {
    const cell = put(who, 'inbox', `${folder}${UPLOAD}`, acl('bucket-owner-full-control'), who === 'akeeba');
    const asAcl = {
      ...cell,
      action: 's3:PutObjectAcl',
      allowed: cell.allowed && server.aclHeaderNeedsPutObjectAcl,
    };
    return [
      cell,
      asAcl,
      { ...asAcl, key: `not-${folder}${UPLOAD}`, allowed: false },
      { ...asAcl, context: acl('public-read'), allowed: false },
    ];
  });
}

function writerFolders(): readonly (readonly [Writer, string])[] {
  return [
    ['strict', FOLDERS.strict],
    ['list', FOLDERS.list],
    ['delete', FOLDERS.delete],
    ['akeeba', FOLDERS.akeeba],
  ];
}
