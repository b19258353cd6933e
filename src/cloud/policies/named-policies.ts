import type { ServerDescription, UploadSide, WriterLevel } from '../description/upload-side.ts';
import { inboxBucketDocument } from './inbox-bucket-document.ts';
import { listBucketsDocument } from './list-buckets-document.ts';
import { mirrorDocument } from './mirror-document.ts';
import { type PolicyContext, policyContext } from './policy-context.ts';
import type { PolicyDocument, PolicyFlavour } from './policy-document.ts';
import { requirePolicyFits } from './policy-size.ts';
import { levelsInUse, principalNames } from './principal-names.ts';
import { promoterDocument } from './promoter-document.ts';
import { vaultBucketDocument } from './vault-bucket-document.ts';
import { writerFolderDocument } from './writer-folder-document.ts';
import { writerLevelDocument } from './writer-level-document.ts';

export type PolicyKind =
  | 'base'
  | 'writer-level'
  | 'writer-folder'
  | 'mirror'
  | 'promoter'
  | 'inbox-bucket'
  | 'vault-bucket';

/** One document, what it is called, who carries it, and what it says in words. */
export interface NamedPolicy {
  /** Unique; also good as a file's name. */
  readonly name: string;
  readonly kind: PolicyKind;
  readonly carrier: 'group' | 'user' | 'role' | 'bucket';
  /** Names of the groups, users, the role or the bucket that carry it (`principalNames`). */
  readonly forWhom: readonly string[];
  readonly description: string;
  readonly document: PolicyDocument;
}

/**
 * Every policy of the left half. A level's group carries the base and the level's refusals; each server's user is in its level's group and
 * carries what it may do in its own folder. Where there are no groups (radosgw), the users carry all of it.
 *
 * @param account the number of the AWS account, or CloudFormation's `${AWS::AccountId}`; a wildcard where it is not known
 * @throws AppError POLICY_TOO_LARGE; CONFIG_INVALID for prefixes that mean more than a folder
 */
export function namedPolicies(side: UploadSide, flavour: PolicyFlavour, account = '*'): readonly NamedPolicy[] {
  const context = policyContext(side, flavour, account);
  const policies = [
    basePolicy(context),
    ...levelsInUse(side).map((level) => levelPolicy(level, context)),
    ...side.servers.map((server) => folderPolicy(server, context)),
    ...mirrorPolicies(context),
    promoterPolicy(context),
    ...bucketPolicies(context),
  ];
  for (const policy of policies) requirePolicyFits(policy, policy.carrier === 'bucket' ? 'bucket' : 'managed');
  return policies;
}

function basePolicy(context: PolicyContext): NamedPolicy {
  const { side } = context;
  return {
    name: `${side.name}-list-buckets`,
    kind: 'base',
    ...carriedByWriters(context, levelsInUse(side)),
    description:
      'Shows the names of all buckets of the account, for tools with a list to choose from. Leave it out if no server needs one.',
    document: listBucketsDocument(),
  };
}

const LEVEL_WORDS: Readonly<Record<WriterLevel, string>> = {
  strict: 'Refuses everything but uploads: no reading, no listing, no deleting, no access to the vault.',
  list: 'Refuses everything but uploads and listing: no reading, no deleting, no access to the vault.',
  delete:
    'Refuses everything but uploads, listing and deleting: no reading, no access to the vault. ' +
    'If the site is hacked, its key can hide uploads in the inbox that are not promoted yet. Use it only where the program on the server ' +
    'must apply quotas of its own, and only while a mirror pulls the vault every day.',
};

function levelPolicy(level: WriterLevel, context: PolicyContext): NamedPolicy {
  return {
    name: principalNames.group(context.side, level),
    kind: 'writer-level',
    ...carriedByWriters(context, [level]),
    description: LEVEL_WORDS[level],
    document: writerLevelDocument(level, context),
  };
}

function carriedByWriters(
  { side, flavour }: PolicyContext,
  levels: readonly WriterLevel[],
): Pick<NamedPolicy, 'carrier' | 'forWhom'> {
  if (flavour.hasGroups) return { carrier: 'group', forWhom: levels.map((level) => principalNames.group(side, level)) };
  const servers = side.servers.filter((server) => levels.includes(server.level));
  return { carrier: 'user', forWhom: servers.map((server) => principalNames.writer(side, server)) };
}

function folderPolicy(server: ServerDescription, context: PolicyContext): NamedPolicy {
  const { side } = context;
  const what = { strict: 'upload', list: 'upload and list', delete: 'upload, list and delete' }[server.level];
  const which = server.names.length === 0 ? '' : `, only names like ${server.names.join(', ')}`;
  return {
    name: `${principalNames.writer(side, server)}-folder`,
    kind: 'writer-folder',
    carrier: 'user',
    forWhom: [principalNames.writer(side, server)],
    description: `Lets the server ${server.name} ${what} in ${side.inbox}/${server.prefix}${which}.`,
    document: writerFolderDocument(server, context),
  };
}

function mirrorPolicies(context: PolicyContext): NamedPolicy[] {
  const { side } = context;
  if (side.mirrors.length === 0) return [];
  return [
    {
      name: `${side.name}-mirrors-read-the-vault`,
      kind: 'mirror',
      carrier: 'user',
      forWhom: side.mirrors.map((mirror) => principalNames.mirror(side, mirror)),
      description: `Lets the mirrors list and read ${side.vault}, and refuses everything else.`,
      document: mirrorDocument(context),
    },
  ];
}

function promoterPolicy(context: PolicyContext): NamedPolicy {
  const { side, flavour } = context;
  return {
    name: principalNames.promoter(side),
    kind: 'promoter',
    carrier: flavour.hasRoles ? 'role' : 'user',
    forWhom: [principalNames.promoter(side)],
    description: `Lets the promoter move uploads from ${side.inbox} to ${side.vault}; in the vault it can neither delete nor unlock.`,
    document: promoterDocument(context),
  };
}

function bucketPolicies(context: PolicyContext): NamedPolicy[] {
  const { side, flavour } = context;
  if (!flavour.hasBucketPolicies) return [];
  return [
    {
      name: `${side.name}-inbox-bucket`,
      kind: 'inbox-bucket',
      carrier: 'bucket',
      forWhom: [side.inbox],
      description: 'Binds everybody who writes to the inbox: only uploads that the promoter can move.',
      document: inboxBucketDocument(context),
    },
    {
      name: `${side.name}-vault-bucket`,
      kind: 'vault-bucket',
      carrier: 'bucket',
      forWhom: [side.vault],
      description:
        'Binds everybody, administrators too: only the promoter writes, only under new names; nobody deletes or lifts a lock. ' +
        'Who really must delete changes this policy first.',
      document: vaultBucketDocument(context),
    },
  ];
}
