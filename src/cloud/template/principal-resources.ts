import type { UploadSide } from '../description/upload-side.ts';
import type { NamedPolicy } from '../policies/named-policies.ts';
import { levelsInUse, principalNames } from '../policies/principal-names.ts';
import { IDS, logicalId } from './logical-ids.ts';
import { type Resource, type Resources, ref, substituted, type TemplateValue } from './template-document.ts';

/**
 * Managed policies, and the groups, users and the role that carry them. Each principal refers to its policies, so none exists for a moment
 * without its refusals. Access keys are no part of a stack: whoever may describe it could read them.
 */
export function principalResources(side: UploadSide, policies: readonly NamedPolicy[]): Resources {
  const carried = policies.filter(({ carrier }) => carrier !== 'bucket');
  const policiesOf = (principal: string): TemplateValue =>
    carried.filter(({ forWhom }) => forWhom.includes(principal)).map((policy) => ref(policyId(side, policy)));
  const groups = levelsInUse(side).map((level) => {
    const name = principalNames.group(side, level);
    return [groupId(level), group(name, policiesOf(name))] as const;
  });
  const writers = side.servers.map((server) => {
    const name = principalNames.writer(side, server);
    return [logicalId('Server', server.name), user(name, policiesOf(name), [groupId(server.level)])] as const;
  });
  const mirrors = side.mirrors.map((mirror) => {
    const name = principalNames.mirror(side, mirror);
    return [logicalId('Mirror', mirror.name), user(name, policiesOf(name), [])] as const;
  });
  const role = principalNames.promoter(side);
  return Object.fromEntries([
    ...carried.map((policy) => [policyId(side, policy), managedPolicy(policy)] as const),
    ...groups,
    ...writers,
    ...mirrors,
    [IDS.role, lambdaRole(role, policiesOf(role))] as const,
  ]);
}

/** `PolicyserverDashweb1Dashfolder` for "pullmirror-server-web1-folder": what all names begin with says nothing here. */
function policyId(side: UploadSide, policy: NamedPolicy): string {
  return logicalId('Policy', policy.name.slice(`${side.name}-`.length));
}

function groupId(level: string): string {
  return logicalId('Group', level);
}

/** Without a Description: to change one, CloudFormation makes a new policy, which cannot have the old one's name. */
function managedPolicy({ name, kind, description, document }: NamedPolicy): Resource {
  return {
    Type: 'AWS::IAM::ManagedPolicy',
    // There may be dozens of folders, each of which says what it allows; the rest is worth its bytes.
    ...(kind === 'writer-folder' ? {} : { Metadata: { Why: description } }),
    Properties: { ManagedPolicyName: name, PolicyDocument: substituted(document) },
  };
}

function group(name: string, policies: TemplateValue): Resource {
  return { Type: 'AWS::IAM::Group', Properties: { GroupName: name, ManagedPolicyArns: policies } };
}

function user(name: string, policies: TemplateValue, groups: readonly string[]): Resource {
  const membership = groups.length === 0 ? {} : { Groups: groups.map(ref) };
  return { Type: 'AWS::IAM::User', Properties: { UserName: name, ...membership, ManagedPolicyArns: policies } };
}

function lambdaRole(name: string, policies: TemplateValue): Resource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com'] }, Action: ['sts:AssumeRole'] }],
      },
      ManagedPolicyArns: policies,
    },
  };
}
