/** An IAM policy as AWS writes it (IAM user guide, "IAM JSON policy reference"); lists are always lists. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

export type PolicyStatement = StatementFrame & StatementActions;

interface StatementFrame {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  /** Only in bucket policies. */
  readonly Principal?: '*' | { readonly AWS: readonly string[] };
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** `NotAction` in a Deny means "everything but": it also covers what AWS invents later. */
export type StatementActions = { readonly Action: readonly string[] } | { readonly NotAction: readonly string[] };

/** Whose reading of IAM a document is written for. */
export type PolicyFlavour = 'aws' | 'radosgw' | 'minio';

export function policyDocument(statements: readonly PolicyStatement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements };
}
