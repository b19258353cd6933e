import { S3Client } from '@aws-sdk/client-s3';
import type { PolicyDocument, PolicyFlavour } from '../../../src/cloud/policies/policy-document.ts';

/** A real S3 server with users of its own, to whom documents are attached as they are printed. */
export interface ServerAccount {
  readonly flavour: PolicyFlavour;
  readonly endpoint: string;
  readonly region: string;
  /** Of who made the buckets. */
  readonly rootKey: AccessKey;
  /** Makes a user with this key. */
  createUser(name: string, key: AccessKey): Promise<void>;
  /** @throws Error with the server's words for a document that it refuses to read */
  attach(user: string, policyName: string, document: PolicyDocument): Promise<void>;
}

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export function clientOf({ endpoint, region }: ServerAccount, credentials: AccessKey): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    // radosgw 16.2 knows no checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
  });
}
