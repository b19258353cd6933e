import { AppError } from '../../core/errors.ts';
import type { PolicyDocument } from './policy-document.ts';

/**
 * How long documents may be. IAM counts characters without white space (IAM user guide, "IAM and AWS STS quotas"), S3 counts the bytes of
 * a bucket's policy (S3 API, PutBucketPolicy: 20 KB).
 */
export const POLICY_LIMITS = {
  managed: 6_144,
  'inline in a group': 5_120,
  'inline in a user': 2_048,
  bucket: 20_480,
} as const;

export type PolicyHome = keyof typeof POLICY_LIMITS;

/** As compared with `POLICY_LIMITS`. */
export function policySize(document: PolicyDocument, home: PolicyHome): number {
  const text = JSON.stringify(document);
  return home === 'bucket' ? Buffer.byteLength(text) : text.replace(/\s/g, '').length;
}

/** @throws AppError POLICY_TOO_LARGE, saying by how much and what would make it smaller */
export function requirePolicyFits(
  policy: { readonly name: string; readonly document: PolicyDocument },
  home: PolicyHome,
): void {
  const size = policySize(policy.document, home);
  const limit = POLICY_LIMITS[home];
  if (size <= limit) return;
  const unit = home === 'bucket' ? 'bytes' : 'characters';
  throw new AppError(
    'POLICY_TOO_LARGE',
    `The policy ${policy.name} has ${size} ${unit}; a policy ${where(home)} may have ${limit}.`,
  );
}

function where(home: PolicyHome): string {
  if (home === 'bucket') return 'of a bucket';
  return home === 'managed' ? 'managed by IAM' : home;
}
