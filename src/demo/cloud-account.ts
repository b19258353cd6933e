import type { NamedPolicy } from '../cloud/policies/named-policies.ts';
import type { PolicyDocument } from '../cloud/policies/policy-document.ts';
import { ACCOUNT, type AttachedPolicy, type Verdict } from './iam/evaluate-request.ts';
import { createPolicyAuthorizer, type Principal } from './iam/policy-authorizer.ts';
import type { AuthorizationRequest, Authorize, S3User } from './s3-server/start-s3-server.ts';

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
  /** Answers by question: the evaluator takes its time, and is asked the same again and again. */
  readonly #verdicts = new Map<string, Verdict>();
  readonly #refusals: Refusal[] = [];

  /** `policyOf` tells a bucket's own policy as the S3 server has it. */
  constructor(policyOf: (bucket: string) => string | null) {
    const question = ({ user, action, bucket, key, conditions }: AuthorizationRequest) =>
      JSON.stringify([user.accessKeyId, action, bucket, key, conditions, bucket === null ? null : policyOf(bucket)]);
    const evaluate = createPolicyAuthorizer({
      principals: this.#principals,
      bucketPolicyOf: (bucket) => attachedTo(bucket, policyOf(bucket)),
      onVerdict: (request, verdict) => void this.#verdicts.set(question(request), verdict),
    });
    this.authorize = async (request) => {
      const asked = question(request);
      if (!this.#verdicts.has(asked)) await evaluate(request);
      const { allowed = false, why = '' } = this.#verdicts.get(asked) ?? {};
      if (!allowed) this.#refusals.push({ user: request.user.name ?? '', action: request.action, why });
      return allowed;
    };
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
    this.#verdicts.clear();
    this.#principals.set(accessKeyId, { arn: `arn:aws:iam::${ACCOUNT}:${kind}/${name}`, policies });
  }
}

function attachedTo(bucket: string, text: string | null): AttachedPolicy | null {
  if (text === null) return null;
  const document: PolicyDocument = JSON.parse(text);
  return { name: `policy of ${bucket}`, document };
}
