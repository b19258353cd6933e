import type { NamedPolicy } from '../cloud/policies/named-policies.ts';
import type { PolicyDocument } from '../cloud/policies/policy-document.ts';
import { ACCOUNT, type AttachedPolicy } from './iam/evaluate-request.ts';
import { createPolicyAuthorizer, type Principal } from './iam/policy-authorizer.ts';
import type { Authorize, S3User } from './s3-server/start-s3-server.ts';

/** One right that was asked for and not given. */
export interface Refusal {
  readonly user: string;
  readonly action: string;
  /** Which statement refused: `policy: statement`, or that none allows it. */
  readonly why: string;
}

/** AWS's own policy of this name. */
const ADMINISTRATOR_ACCESS: AttachedPolicy = {
  name: 'AdministratorAccess',
  document: {
    Version: '2012-10-17',
    Statement: [{ Sid: 'Everything', Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
  },
};

/** Who may do what in the demo's cloud: users and the promoter's role, the policies attached to them, and every refusal. */
export class CloudAccount {
  /** What the S3 server asks. */
  readonly authorize: Authorize;
  readonly #principals = new Map<string, Principal>();
  readonly #refusals: Refusal[] = [];

  /** `policyOf` tells a bucket's own policy as the S3 server has it. */
  constructor(policyOf: (bucket: string) => string | null) {
    this.authorize = createPolicyAuthorizer({
      principals: this.#principals,
      bucketPolicyOf: (bucket) => attachedTo(bucket, policyOf(bucket)),
      onVerdict: ({ user, action }, { allowed, why }) => {
        if (!allowed) this.#refusals.push({ user: user.name ?? '', action, why });
      },
    });
  }

  addAdministrator(user: S3User): void {
    this.#add(user, 'user', [ADMINISTRATOR_ACCESS]);
  }

  /** Gives a user (or a role) those policies that carry its name, or that of one of its groups. */
  attach(user: S3User, policies: readonly NamedPolicy[], groups: readonly string[] = []): void {
    const carries = ({ carrier, forWhom }: NamedPolicy) =>
      carrier !== 'bucket' &&
      forWhom.some((name) => name === user.name || (carrier === 'group' && groups.includes(name)));
    const own = policies.filter(carries);
    this.#add(user, own.some(({ carrier }) => carrier === 'role') ? 'role' : 'user', own);
  }

  /** How many refusals there have been: `refusalsSince` of it tells those that came later. */
  get refusals(): number {
    return this.#refusals.length;
  }

  refusalsSince(count: number): readonly Refusal[] {
    return this.#refusals.slice(count);
  }

  #add({ accessKeyId, name = '' }: S3User, kind: 'user' | 'role', policies: readonly AttachedPolicy[]): void {
    this.#principals.set(accessKeyId, { arn: `arn:aws:iam::${ACCOUNT}:${kind}/${name}`, policies });
  }
}

function attachedTo(bucket: string, text: string | null): AttachedPolicy | null {
  if (text === null) return null;
  const document: PolicyDocument = JSON.parse(text);
  return { name: `policy of ${bucket}`, document };
}
