import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { Act, Target } from './act.ts';

const TAGS = { TagSet: [{ Key: 'kind', Value: 'test' }] };
const DAY_MS = 86_400_000;

/** How clients do what an action on objects allows, one way or more; an action that is not here has no request of its own. */
export const OBJECT_ACTS: Readonly<Record<string, (target: Target) => readonly Act[]>> = {
  's3:PutObject': (target) => [
    {
      name: 'PutObject',
      send: (s3) => s3.send(withHeaders(new PutObjectCommand({ ...at(target), Body: 'x' }), target)),
    },
    { name: 'an upload in parts', send: (s3) => uploadInParts(s3, target) },
    ...uploadPart(target),
  ],
  's3:AbortMultipartUpload': (target) => [
    { name: 'AbortMultipartUpload', send: (s3) => s3.send(new AbortMultipartUploadCommand(upload(target))) },
  ],
  's3:ListMultipartUploadParts': (target) => [
    { name: 'ListParts', send: (s3) => s3.send(new ListPartsCommand(upload(target))) },
  ],
  's3:GetObject': (target) => [
    {
      name: 'GetObject',
      send: async (s3) => (await s3.send(new GetObjectCommand(at(target)))).Body?.transformToByteArray(),
    },
    { name: 'HeadObject', send: (s3) => s3.send(new HeadObjectCommand(at(target))) },
    ...copies(target, ''),
  ],
  's3:GetObjectVersion': (target) => [
    {
      name: 'GetObject of a version',
      send: async (s3) => (await s3.send(new GetObjectCommand(version(target)))).Body?.transformToByteArray(),
    },
    { name: 'HeadObject of a version', send: (s3) => s3.send(new HeadObjectCommand(version(target))) },
    ...copies(target, `?versionId=${target.versionId}`),
  ],
  's3:GetObjectAttributes': (target) => [
    {
      name: 'GetObjectAttributes',
      send: (s3) => s3.send(new GetObjectAttributesCommand({ ...at(target), ObjectAttributes: ['ETag'] })),
    },
  ],
  's3:GetObjectVersionAttributes': (target) => [
    {
      name: 'GetObjectAttributes of a version',
      send: (s3) => s3.send(new GetObjectAttributesCommand({ ...version(target), ObjectAttributes: ['ETag'] })),
    },
  ],
  's3:GetObjectAcl': (target) => [{ name: 'GetObjectAcl', send: (s3) => s3.send(new GetObjectAclCommand(at(target))) }],
  's3:GetObjectTagging': (target) => [
    { name: 'GetObjectTagging', send: (s3) => s3.send(new GetObjectTaggingCommand(at(target))) },
  ],
  's3:GetObjectRetention': (target) => [
    { name: 'GetObjectRetention', send: (s3) => s3.send(new GetObjectRetentionCommand(at(target))) },
  ],
  's3:DeleteObject': (target) => [
    { name: 'DeleteObject', send: (s3) => s3.send(new DeleteObjectCommand(at(target))) },
    { name: 'DeleteObjects', send: (s3) => deleteSeveral(s3, target, [{ Key: target.key }]) },
  ],
  's3:DeleteObjectVersion': (target) => [
    { name: 'DeleteObject of a version', send: (s3) => s3.send(new DeleteObjectCommand(version(target))) },
    {
      name: 'DeleteObjects of versions',
      send: (s3) => deleteSeveral(s3, target, [{ Key: target.key, VersionId: target.versionId }]),
    },
  ],
  's3:BypassGovernanceRetention': (target) => [
    {
      name: 'DeleteObject of a version, past its lock',
      send: (s3) => s3.send(new DeleteObjectCommand({ ...version(target), BypassGovernanceRetention: true })),
    },
  ],
  's3:PutObjectAcl': (target) => [
    {
      name: 'PutObjectAcl',
      send: (s3) => {
        const command = new PutObjectAclCommand({ ...at(target), ACL: 'bucket-owner-full-control' });
        return s3.send(withHeaders(command, target));
      },
    },
  ],
  's3:PutObjectVersionAcl': (target) => [
    {
      name: 'PutObjectAcl of a version',
      send: (s3) => s3.send(new PutObjectAclCommand({ ...version(target), ACL: 'bucket-owner-full-control' })),
    },
  ],
  's3:PutObjectTagging': (target) => [
    { name: 'PutObjectTagging', send: (s3) => s3.send(new PutObjectTaggingCommand({ ...at(target), Tagging: TAGS })) },
    {
      name: 'PutObject with tags',
      needsMore: true,
      send: (s3) => s3.send(new PutObjectCommand({ ...at(target), Body: 'x', Tagging: 'kind=test' })),
    },
  ],
  's3:DeleteObjectTagging': (target) => [
    { name: 'DeleteObjectTagging', send: (s3) => s3.send(new DeleteObjectTaggingCommand(at(target))) },
  ],
  's3:PutObjectRetention': (target) => [
    {
      name: 'PutObjectRetention',
      send: (s3) => s3.send(new PutObjectRetentionCommand({ ...version(target), Retention: retention() })),
    },
    {
      name: 'PutObject with a lock',
      needsMore: true,
      send: (s3) => {
        const { Mode, RetainUntilDate } = retention();
        const lock = { ObjectLockMode: Mode, ObjectLockRetainUntilDate: RetainUntilDate };
        return s3.send(new PutObjectCommand({ ...at(target), ...lock, Body: 'x' }));
      },
    },
  ],
  's3:PutObjectLegalHold': (target) => [
    {
      name: 'PutObjectLegalHold',
      send: (s3) => s3.send(new PutObjectLegalHoldCommand({ ...version(target), LegalHold: { Status: 'ON' } })),
    },
  ],
  's3:RestoreObject': (target) => [
    {
      name: 'RestoreObject',
      send: (s3) => s3.send(new RestoreObjectCommand({ ...at(target), RestoreRequest: { Days: 1 } })),
    },
  ],
};

function at({ bucket, key }: Target) {
  return { Bucket: bucket, Key: key };
}

function version(target: Target) {
  return { ...at(target), VersionId: target.versionId };
}

function upload(target: Target) {
  return { ...at(target), UploadId: target.uploadId };
}

/** Into an upload that somebody else has begun. A part knows no headers of the whole. */
function uploadPart(target: Target): Act[] {
  if (Object.keys(target.context).length > 0) return [];
  const part = { ...upload(target), PartNumber: 1, Body: 'x' };
  return [{ name: 'UploadPart', send: (s3) => s3.send(new UploadPartCommand(part)) }];
}

function retention() {
  return { Mode: 'GOVERNANCE', RetainUntilDate: new Date(Date.now() + 60 * DAY_MS) } as const;
}

/** Has the command send the headers that the context is about. */
function withHeaders<Command extends PutObjectCommand | CreateMultipartUploadCommand | PutObjectAclCommand>(
  command: Command,
  { context }: Target,
): Command {
  const headers = Object.entries(context).flatMap(([key, value]) => {
    const name = key.replace(/^s3:/, '');
    if (name === 'x-amz-server-side-encryption-customer-algorithm') return [[name, value], ...CUSTOMER_KEY] as const;
    if (name === 'if-none-match' || name.startsWith('x-amz-')) return [[name, value]] as const;
    return [];
  });
  (command as PutObjectCommand).middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: object }).headers, Object.fromEntries(headers));
      return next(args);
    },
    { step: 'build' },
  );
  return command;
}

const KEY_BYTES = Buffer.alloc(32, 7);
const CUSTOMER_KEY = [
  ['x-amz-server-side-encryption-customer-key', KEY_BYTES.toString('base64')],
  ['x-amz-server-side-encryption-customer-key-MD5', createHash('md5').update(KEY_BYTES).digest('base64')],
] as const;

/** Of one part, with the headers where each belongs. */
async function uploadInParts(s3: S3Client, target: Target): Promise<void> {
  const { 's3:if-none-match': ifNoneMatch, ...others } = target.context;
  const create = new CreateMultipartUploadCommand(at(target));
  const { UploadId } = await s3.send(withHeaders(create, { ...target, context: others }));
  const own = { ...at(target), UploadId };
  const secret = others['s3:x-amz-server-side-encryption-customer-algorithm'];
  const { ETag } = await s3.send(
    new UploadPartCommand({
      ...own,
      ...(secret && {
        SSECustomerAlgorithm: secret,
        SSECustomerKey: CUSTOMER_KEY[0][1],
        SSECustomerKeyMD5: CUSTOMER_KEY[1][1],
      }),
      PartNumber: 1,
      Body: 'x',
    }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  const condition = ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch };
  await s3.send(new CompleteMultipartUploadCommand({ ...own, MultipartUpload, ...condition }));
}

/** What cannot be read cannot be copied to where it could be read. */
function copies(target: Target, query: string): Act[] {
  const { ownPlace } = target;
  if (ownPlace === null) return [];
  const to = { Bucket: ownPlace.bucket, Key: ownPlace.key };
  const CopySource = `${target.bucket}/${target.key}${query}`;
  return [
    {
      name: `CopyObject${query && ' of a version'} to the own folder`,
      needsMore: true,
      send: (s3) => s3.send(new CopyObjectCommand({ ...to, CopySource })),
    },
    {
      name: `UploadPartCopy${query && ' of a version'} to the own folder`,
      needsMore: true,
      send: async (s3) => {
        const { UploadId } = await s3.send(new CreateMultipartUploadCommand(to));
        return s3.send(new UploadPartCopyCommand({ ...to, UploadId, PartNumber: 1, CopySource }));
      },
    },
  ];
}

/** The answer is 200 also where every single one was refused. */
async function deleteSeveral(
  s3: S3Client,
  { bucket }: Target,
  Objects: { Key: string; VersionId?: string }[],
): Promise<void> {
  const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
  const [first] = Errors;
  if (first === undefined) return;
  const status = first.Code === 'AccessDenied' ? 403 : 200;
  throw Object.assign(new Error('not deleted'), { name: first.Code, $metadata: { httpStatusCode: status } });
}
