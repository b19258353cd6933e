import type { UploadSide } from '../../../src/cloud/description/upload-side.ts';
import { namedPolicies } from '../../../src/cloud/policies/named-policies.ts';
import { principalNames } from '../../../src/cloud/policies/principal-names.ts';
import type { AwsCli } from './aws-cli.ts';

/** The number that both emulators give their only account. */
export const ACCOUNT_NUMBER = '000000000000';

const OURS = ['User', 'Group', 'Role', 'LocalManagedPolicy'];

/** What IAM holds, and what it should hold by the description: each carrier's documents by policy name, members by group. */
export interface Principals {
  readonly documents: Readonly<Record<string, unknown>>;
  readonly carried: Readonly<Record<string, readonly string[]>>;
  readonly members: Readonly<Record<string, readonly string[]>>;
}

export function describedPrincipals(side: UploadSide): Principals {
  const policies = namedPolicies(side, 'aws', ACCOUNT_NUMBER).filter(({ carrier }) => carrier !== 'bucket');
  const carriers = [...new Set(policies.flatMap(({ forWhom }) => forWhom))];
  const groups = [...new Set(side.servers.map(({ level }) => level))];
  return {
    documents: Object.fromEntries(policies.map(({ name, document }) => [name, sorted(document)])),
    carried: Object.fromEntries(
      carriers.map((carrier) => [
        carrier,
        policies
          .filter(({ forWhom }) => forWhom.includes(carrier))
          .map(({ name }) => name)
          .sort(),
      ]),
    ),
    members: Object.fromEntries(
      groups.map((level) => [
        principalNames.group(side, level),
        side.servers
          .filter((server) => server.level === level)
          .map((server) => principalNames.writer(side, server))
          .sort(),
      ]),
    ),
  };
}

export async function presentPrincipals(aws: AwsCli, { name }: UploadSide): Promise<Principals> {
  const account = await aws.ask('iam', 'get-account-authorization-details', '--filter', ...OURS);
  const documents: Record<string, unknown> = {};
  const carried: Record<string, string[]> = {};
  const members: Record<string, string[]> = {};
  const look = (carrier: string, kind: string, principal: Readonly<Record<string, unknown>>) => {
    const inline = (principal[`${kind}PolicyList`] ?? []) as { PolicyName: string; PolicyDocument: unknown }[];
    for (const { PolicyName, PolicyDocument } of inline) documents[PolicyName] = sorted(documentOf(PolicyDocument));
    const attached = principal.AttachedManagedPolicies as { PolicyName: string }[];
    carried[carrier] = [...attached, ...inline].map(({ PolicyName }) => PolicyName).sort();
  };
  for (const { Arn, PolicyVersionList, DefaultVersionId } of account.Policies) {
    const policy = String(Arn).replace(/.*\//, '');
    if (!policy.startsWith(`${name}-`)) continue;
    const used = PolicyVersionList.find(({ VersionId }: { VersionId: string }) => VersionId === DefaultVersionId);
    documents[policy] = sorted(documentOf(used.Document));
  }
  for (const group of account.GroupDetailList) {
    look(group.GroupName, 'Group', group);
    members[group.GroupName] = [];
  }
  for (const user of account.UserDetailList) {
    look(user.UserName, 'User', user);
    for (const group of user.GroupList) members[group]?.push(user.UserName);
  }
  for (const role of account.RoleDetailList) {
    if (String(role.RoleName).startsWith(`${name}-`)) look(role.RoleName, 'Role', role);
  }
  for (const list of Object.values(members)) list.sort();
  return { documents, carried, members };
}

/** Answers hold documents as text or as objects. */
export function documentOf(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

/** Keys of objects in one order: servers keep another one. Lists stay as they are. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
