import type { Answer, Call } from './call.ts';
import { S3Error } from './s3-error.ts';

const MAX_POLICY_BYTES = 20 * 1024;

/** PutBucketPolicy. The document is kept as it came; what it means is for `authorize` to know (`S3Server.policyOf`). */
export async function putBucketPolicy(call: Call): Promise<Answer> {
  await call.require('s3:PutBucketPolicy');
  const text = await call.body.text();
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES || !isJsonObject(text)) throw new S3Error('MalformedPolicy');
  call.bucket.policy = text;
  return { status: 204 };
}

/** DeleteBucketPolicy: no error where there is none. */
export async function deleteBucketPolicy(call: Call): Promise<Answer> {
  await call.require('s3:DeleteBucketPolicy');
  call.bucket.policy = null;
  return { status: 204 };
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
