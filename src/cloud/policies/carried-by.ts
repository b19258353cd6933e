import type { NamedPolicy } from './named-policies.ts';

/** The policies of who bears these names: a user's own and its groups', or a role's. What binds a bucket is not among them. */
export function carriedBy(policies: readonly NamedPolicy[], ...names: readonly string[]): readonly NamedPolicy[] {
  return policies.filter(
    ({ carrier, forWhom }) => carrier !== 'bucket' && forWhom.some((name) => names.includes(name)),
  );
}
