import type { ServerDescription } from '../description/upload-side.ts';
import { folderOf } from './arns.ts';
import type { PolicyContext } from './policy-context.ts';
import { type PolicyDocument, type PolicyStatement, policyDocument } from './policy-document.ts';
import { present, presentAndNot } from './request-form.ts';
import { LEVEL_ACTIONS } from './writer-level-document.ts';

const ACL = 's3:x-amz-acl';
const OWNER_ACL = 'bucket-owner-full-control';
/** What an upload without the header has, too. rclone 1.60 (Debian 12) always sends it; AWS refuses it where the bucket's owner owns all (the default). */
const DEFAULT_ACL = 'private';

/**
 * What one server's key may do, all of it in its own folder of the inbox. s3:ListBucketMultipartUploads is given to no level: S3 has no
 * condition that limits it to a folder, so it would show every server's running uploads.
 */
export function writerFolderDocument(server: ServerDescription, context: PolicyContext): PolicyDocument {
  const { arns } = context;
  const uploads = arns.uploads(server);
  const { bucket, objects } = LEVEL_ACTIONS[server.level];
  const isDelete = (action: string) => action === 's3:DeleteObject';
  const statements: PolicyStatement[] = [
    { Sid: 'Upload', Effect: 'Allow', Action: objects.filter((action) => !isDelete(action)), Resource: uploads },
  ];
  if (bucket.length > 0) {
    statements.push({
      Sid: 'ListOwnFolder',
      Effect: 'Allow',
      Action: bucket,
      Resource: [arns.inbox],
      Condition: { StringLike: { 's3:prefix': [`${folderOf(server)}*`] } },
    });
  }
  if (objects.some(isDelete)) {
    // In a versioned bucket this only hides: s3:DeleteObjectVersion is refused by the level.
    statements.push({
      Sid: 'DeleteInOwnFolder',
      Effect: 'Allow',
      Action: objects.filter(isDelete),
      Resource: uploads,
    });
  }
  return policyDocument([...statements, ...aclStatements(server, uploads, context)]);
}

/** Akeeba hands each upload to the bucket's owner, by a header that needs a right of its own; nobody has any other power over ACLs. */
function aclStatements(
  server: ServerDescription,
  uploads: readonly string[],
  context: PolicyContext,
): PolicyStatement[] {
  const { flavour, arns } = context;
  if (!flavour.seesAcls) return [];
  const refuse = {
    Sid: 'RefuseAcls',
    Effect: 'Deny',
    Action: ['s3:PutObject'],
    Resource: [arns.inboxObjects],
  } as const;
  // One name only: radosgw refuses what differs from any of several.
  const harmless = server.mayKeepOwnerAcl ? OWNER_ACL : flavour.aclHeaderNeedsPutObjectAcl ? null : DEFAULT_ACL;
  const refuseOthers = { ...refuse, Condition: harmless === null ? present(ACL) : presentAndNot(ACL, harmless) };
  if (!server.mayKeepOwnerAcl || !flavour.aclHeaderNeedsPutObjectAcl) return [refuseOthers];
  return [
    {
      Sid: 'HandToBucketOwner',
      Effect: 'Allow',
      Action: ['s3:PutObjectAcl'],
      Resource: uploads,
      Condition: { StringEquals: { [ACL]: [OWNER_ACL] } },
    },
    refuseOthers,
  ];
}
