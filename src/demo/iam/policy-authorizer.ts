import type { AuthorizationRequest, Authorize } from '../s3-server/start-s3-server.ts';
import { type AttachedPolicy, evaluateRequest, type Verdict } from './evaluate-request.ts';

/** Somebody with a key, and what is attached to them. */
export interface Principal {
  readonly arn: string;
  readonly policies: readonly AttachedPolicy[];
}

export interface PolicyAuthorizerOptions {
  /** By access key. Who is not here may do nothing. */
  readonly principals: ReadonlyMap<string, Principal>;
  readonly bucketPolicyOf: (bucket: string) => AttachedPolicy | null;
  /** Hears every answer, for who wants to show why something was refused. */
  readonly onVerdict?: (request: AuthorizationRequest, verdict: Verdict) => void;
}

/**
 * Lets the embedded S3 server obey policy documents as AWS would. The server asks once for each right that a request needs (a copy: reading
 * its source and writing its target; a missing key: listing, else 403). It speaks HTTP on loopback only, where TLS would protect nothing, so
 * requests count as having come by TLS.
 */
export function createPolicyAuthorizer(options: PolicyAuthorizerOptions): Authorize {
  return async (request) => {
    const verdict = await judge(request, options);
    options.onVerdict?.(request, verdict);
    return verdict.allowed;
  };
}

async function judge(request: AuthorizationRequest, options: PolicyAuthorizerOptions): Promise<Verdict> {
  const principal = options.principals.get(request.user.accessKeyId);
  if (principal === undefined) return { allowed: false, why: 'nobody knows this key' };
  return evaluateRequest({
    principalArn: principal.arn,
    policies: principal.policies,
    bucketPolicy: request.bucket === null ? null : options.bucketPolicyOf(request.bucket),
    action: request.action,
    resource: resourceOf(request),
    context: { ...request.conditions, 'aws:SecureTransport': 'true' },
  });
}

/** Names of buckets and keys stand in ARNs as they are. */
function resourceOf({ bucket, key }: AuthorizationRequest): string {
  if (bucket === null) return '*';
  return key === null ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`;
}
