import { carriedBy } from '../../../src/cloud/policies/carried-by.ts';
import { namedPolicies } from '../../../src/cloud/policies/named-policies.ts';
import { type PolicyFlavour, policyDocument } from '../../../src/cloud/policies/policy-document.ts';
import { principalNames } from '../../../src/cloud/policies/principal-names.ts';
import { ACCOUNT, type AttachedPolicy } from '../../../src/demo/iam/evaluate-request.ts';
import type { Principal } from '../../../src/demo/iam/policy-authorizer.ts';
import { SIDE } from './example-side.ts';
import { FOLDERS, type Who } from './policy-table.ts';

/** The people of the policy table with the policies that `SIDE` gives them, and the policies of both buckets. */
export function whoCarriesWhat(flavour: PolicyFlavour): {
  readonly principals: Readonly<Record<Who, Principal>>;
  readonly bucketPolicyOf: (bucket: string) => AttachedPolicy | null;
} {
  const policies = namedPolicies(SIDE, flavour);
  const arn = (kind: 'user' | 'role', name: string) => `arn:aws:iam::${ACCOUNT}:${kind}/${name}`;
  const writer = (folder: string): Principal => {
    const server = SIDE.servers.find(({ prefix }) => prefix === folder);
    if (server === undefined) throw new RangeError(`no server writes to ${folder}`);
    const name = principalNames.writer(SIDE, server);
    return { arn: arn('user', name), policies: carriedBy(policies, name, principalNames.group(SIDE, server.level)) };
  };
  const named = (kind: 'user' | 'role', name: string): Principal => {
    return { arn: arn(kind, name), policies: carriedBy(policies, name) };
  };
  const everything = { Sid: 'Everything', Effect: 'Allow', Action: ['s3:*'], Resource: ['*'] } as const;
  return {
    principals: {
      strict: writer(FOLDERS.strict),
      list: writer(FOLDERS.list),
      delete: writer(FOLDERS.delete),
      akeeba: writer(FOLDERS.akeeba),
      mirror: named('user', `${SIDE.name}-mirror-home-pi`),
      promoter: named(flavour === 'aws' ? 'role' : 'user', principalNames.promoter(SIDE)),
      administrator: {
        arn: arn('user', 'administrator'),
        policies: [{ name: 'administrator', document: policyDocument([everything]) }],
      },
    },
    bucketPolicyOf: (bucket) =>
      policies.find(({ carrier, forWhom }) => carrier === 'bucket' && forWhom.includes(bucket)) ?? null,
  };
}
