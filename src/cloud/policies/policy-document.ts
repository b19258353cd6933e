/** An IAM policy as AWS writes it (IAM user guide, "IAM JSON policy reference"); lists are always lists. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  /** Only in bucket policies. */
  readonly Principal?: '*' | { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Whose reading of IAM a document is written for. */
export type PolicyFlavour = 'aws' | 'radosgw' | 'minio';
