import type { LifecycleRule } from '../policies/lifecycle-rules.ts';
import type { TemplateValue } from './template-document.ts';

/** Rules of S3's API in CloudFormation's words (CloudFormation template reference, AWS::S3::Bucket Rule): a rule without a prefix is for the whole bucket. */
export function lifecycleConfiguration(rules: readonly LifecycleRule[]): TemplateValue {
  return { Rules: rules.map(translate) };
}

function translate({
  ID,
  Filter: _wholeBucket,
  Status,
  Transitions,
  Expiration,
  ...same
}: LifecycleRule): TemplateValue {
  return {
    Id: ID,
    Status,
    ...(Transitions === undefined
      ? {}
      : { Transitions: Transitions.map(({ StorageClass, Days }) => ({ StorageClass, TransitionInDays: Days })) }),
    ...(Expiration === undefined ? {} : 'Days' in Expiration ? { ExpirationInDays: Expiration.Days } : Expiration),
    ...same,
  };
}
