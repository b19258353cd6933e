import type { UploadSide } from '../description/upload-side.ts';
import type { NamedPolicy } from '../policies/named-policies.ts';
import { requirePolicyFits } from '../policies/policy-size.ts';
import { levelsInUse, principalNames } from '../policies/principal-names.ts';
import { IDS, logicalId } from './logical-ids.ts';
import { type Resource, type Resources, ref, substituted, type TemplateValue } from './template-document.ts';

/**
 * Managed policies, and the groups, users and the role that carry them. Each principal refers to its policies, so none exists for a moment
 * without its refusals. What one server may do stands in its user: it is nobody else's, and the template is limited. Access keys are no part
 * of a stack: whoever may describe it could read them.
 *
 * @throws AppError POLICY_TOO_LARGE
 */
export function principalResources(side: UploadSide, policies: readonly NamedPolicy[]): Resources {
  const managed = policies.filter(({ kind, carrier }) => carrier !== 'bucket' && kind !== 'writer-folder');
  const managedFor = (principal: string): TemplateValue =>
    managed.filter(({ forWhom }) => forWhom.includes(principal)).map((policy) => ref(policyId(side, policy)));
  const groups = levelsInUse(side).map((level) => {
    const name = principalNames.group(side, level);
    return [groupId(level), group(name, managedFor(name))] as const;
  });
  const writers = side.servers.map((server) => {
    const name = principalNames.writer(side, server);
    const own = policies.filter(({ kind, forWhom }) => kind === 'writer-folder' && forWhom.includes(name));
    for (const policy of own) requirePolicyFits(policy, 'inline in a user');
    return [logicalId('Server', server.name), writer(name, groupId(server.level), own)] as const;
  });
  const mirrors = side.mirrors.map((mirror) => {
    const name = principalNames.mirror(side, mirror);
    return [logicalId('Mirror', mirror.name), mirrorUser(name, managedFor(name))] as const;
  });
  const role = principalNames.promoter(side);
  return Object.fromEntries([
    ...managed.map((policy) => [policyId(side, policy), managedPolicy(policy)] as const),
    ...groups,
    ...writers,
    ...mirrors,
    [IDS.role, lambdaRole(role, managedFor(role))] as const,
  ]);
}

/** `PolicywritersDashstrict` for "pullmirror-writers-strict": what all names begin with says nothing here. */
function policyId(side: UploadSide, policy: NamedPolicy): string {
  return logicalId('Policy', policy.name.slice(`${side.name}-`.length));
}

function groupId(level: string): string {
  return logicalId('Group', level);
}

/** Without a Description: to change one, CloudFormation makes a new policy, which cannot have the old one's name. */
function managedPolicy({ name, description, document }: NamedPolicy): Resource {
  return {
    Type: 'AWS::IAM::ManagedPolicy',
    Metadata: { Why: description },
    Properties: { ManagedPolicyName: name, PolicyDocument: substituted(document) },
  };
}

function group(name: string, policies: TemplateValue): Resource {
  return { Type: 'AWS::IAM::Group', Properties: { GroupName: name, ManagedPolicyArns: policies } };
}

function writer(name: string, group: string, policies: readonly NamedPolicy[]): Resource {
  return {
    Type: 'AWS::IAM::User',
    Properties: {
      UserName: name,
      Groups: [ref(group)],
      Policies: policies.map((policy) => ({ PolicyName: policy.name, PolicyDocument: substituted(policy.document) })),
    },
  };
}

function mirrorUser(name: string, policies: TemplateValue): Resource {
  return { Type: 'AWS::IAM::User', Properties: { UserName: name, ManagedPolicyArns: policies } };
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
