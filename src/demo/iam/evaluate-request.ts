import { type RequestAnalysis, runSimulation } from '@cloud-copilot/iam-simulate';
import type { PolicyDocument } from '../../cloud/policies/policy-document.ts';

/** The number that AWS uses in examples. */
export const ACCOUNT = '111122223333';

/** A document under the name it is attached by. */
export interface AttachedPolicy {
  readonly name: string;
  readonly document: PolicyDocument;
}

export interface PolicyRequest {
  readonly principalArn: string;
  /** A user's own policies and its groups', or a role's: IAM makes no difference. */
  readonly policies: readonly AttachedPolicy[];
  /** The policy of the bucket that the request is about. */
  readonly bucketPolicy: AttachedPolicy | null;
  readonly action: string;
  /** ARN of a bucket or an object, or `*` for actions that know neither. */
  readonly resource: string;
  /** Condition keys; those about the principal are added. */
  readonly context: Readonly<Record<string, string>>;
}

export interface Verdict {
  readonly allowed: boolean;
  /** `policy: statement` that decided, or that none allows it. */
  readonly why: string;
}

/**
 * Asks an IAM evaluator that is not ours (@cloud-copilot/iam-simulate) what AWS would answer, principal and bucket being of one account.
 *
 * @throws Error for documents that are no valid policies, and actions that AWS does not have
 */
export async function evaluateRequest(request: PolicyRequest): Promise<Verdict> {
  const answer = await runSimulation(
    {
      request: {
        principal: request.principalArn,
        action: request.action,
        resource: { resource: literalResource(request.resource), accountId: ACCOUNT },
        contextVariables: { ...principalKeys(request.principalArn), ...oneLine(request.context) },
      },
      identityPolicies: request.policies.map(({ name, document }) => ({ name, policy: document })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: request.bucketPolicy?.document,
    },
    {},
  );
  if (answer.resultType !== 'single') {
    const what = answer.resultType === 'error' ? JSON.stringify(answer.errors) : 'it took the resource for a pattern';
    throw new Error(`The policies cannot be evaluated for ${request.action} on ${request.resource}: ${what}`);
  }
  const allowed = answer.overallResult === 'Allowed';
  return { allowed, why: reason(answer.result.analysis, allowed, request.bucketPolicy?.name ?? '') };
}

function reason(analysis: RequestAnalysis, allowed: boolean, bucketPolicy: string): string {
  const { identityAnalysis, resourceAnalysis } = analysis;
  const list = allowed ? 'allowStatements' : 'denyStatements';
  const own = identityAnalysis?.[list].map(({ policyId, statement }) => `${policyId}: ${statement.sid()}`) ?? [];
  const ofBucket = resourceAnalysis?.[list].map(({ statement }) => `${bucketPolicy}: ${statement.sid()}`) ?? [];
  return [...own, ...ofBucket][0] ?? 'no statement allows it';
}

function principalKeys(arn: string): Record<string, string> {
  const user = /:user\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1];
  return {
    'aws:PrincipalArn': arn,
    'aws:PrincipalAccount': ACCOUNT,
    ...(user === undefined ? {} : { 'aws:username': user }),
  };
}

/**
 * A request names one resource, but the evaluator takes `*` in it for a pattern, and its own wildcards stop at the end of a line. Characters that
 * stand in no policy take their places, so that a key like `web1/*` is a key, as it is for S3.
 */
function literalResource(resource: string): string {
  if (resource === '*') return resource;
  return withoutLineEnds(resource).replaceAll('*', '\ue02a');
}

function oneLine(context: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [key, withoutLineEnds(value)]));
}

function withoutLineEnds(text: string): string {
  return text.replace(/[\n\r\u2028\u2029]/g, '\ue00a');
}
