import type { Answer, Call } from './call.ts';
import { mayBypassGovernance } from './delete-objects.ts';
import { findVersion } from './get-object.ts';
import { parseRetention, requireStronger } from './object-lock.ts';
import { requireLockBucket } from './put-object.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

/** GetObjectRetention. */
export async function getObjectRetention(call: Call): Promise<Answer> {
  await call.require('s3:GetObjectRetention');
  requireLockBucket(call.bucket.lockEnabled);
  const { retention } = await findVersion(call);
  if (retention === null) throw new S3Error('NoSuchObjectLockConfiguration');
  const xml = xmlDocument('Retention', {
    Mode: retention.mode,
    RetainUntilDate: new Date(retention.untilMs).toISOString(),
  });
  return { status: 200, xml };
}

/** PutObjectRetention: longer always, shorter only past GOVERNANCE and with the bypass. */
export async function putObjectRetention(call: Call): Promise<Answer> {
  await call.require('s3:PutObjectRetention');
  requireLockBucket(call.bucket.lockEnabled);
  const nowMs = call.clock.now();
  const retention = parseRetention(await call.body.text(), nowMs);
  const mayBypass = await mayBypassGovernance(call, call.key);
  const version = await findVersion(call);
  requireStronger(version.retention, retention, nowMs, mayBypass);
  version.retention = retention;
  return { status: 200 };
}
