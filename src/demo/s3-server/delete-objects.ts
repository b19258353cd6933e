import type { WriteResult } from './bucket.ts';
import type { Answer, Call } from './call.ts';
import { etagMatches } from './conditions.ts';
import { type KeyBytes, keyText, toKeyBytes } from './key-bytes.ts';
import { requireRemovable } from './object-lock.ts';
import { settle, wholeSecond } from './object-version.ts';
import { S3Error } from './s3-error.ts';
import { childrenOf, childText, parseXml, type XmlFields, xmlDocument } from './xml.ts';

const MAX_KEYS = 1000;

/** DeleteObject: a delete marker, or with versionId the end of one version, unless its retention still runs. */
export async function deleteObject(call: Call): Promise<Answer> {
  const result = await deleteOne(call, call.key, call.versionId, call.headers.get('if-match'));
  const headers: Record<string, string> = {};
  if (result.versionId !== null) headers['x-amz-version-id'] = result.versionId;
  if (result.isDeleteMarker) headers['x-amz-delete-marker'] = 'true';
  return { status: 204, headers };
}

/** DeleteObjects: each key for itself; what is refused is listed, not thrown. */
export async function deleteObjects(call: Call): Promise<Answer> {
  const names = [...call.headers.keys()];
  if (!names.some((name) => name === 'content-md5' || /^x-amz-(checksum-|trailer)/.test(name))) {
    throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: Content-MD5' });
  }
  const root = parseXml(await call.body.text(), 'Delete');
  const isQuiet = childText(root, 'Quiet') === 'true';
  const entries = childrenOf(root, 'Object');
  if (entries.length === 0 || entries.length > MAX_KEYS) throw new S3Error('MalformedXML');
  const deleted: XmlFields[] = [];
  const failed: XmlFields[] = [];
  for (const entry of entries) {
    const unknown = entry.children.find((child) => !['Key', 'VersionId', 'ETag'].includes(child.name));
    if (unknown !== undefined) throw new S3Error('NotImplemented', { details: { Element: unknown.name } });
    const key = childText(entry, 'Key') ?? '';
    const versionId = childText(entry, 'VersionId');
    try {
      const result = await deleteOne(call, toKeyBytes(key), versionId, childText(entry, 'ETag'));
      deleted.push({
        Key: key,
        VersionId: versionId,
        DeleteMarker: result.isDeleteMarker ? true : null,
        DeleteMarkerVersionId: result.isDeleteMarker ? result.versionId : null,
      });
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      failed.push({ Key: key, VersionId: versionId, Code: error.code, Message: error.message });
    }
  }
  return { status: 200, xml: xmlDocument('DeleteResult', { Deleted: isQuiet ? [] : deleted, Error: failed }) };
}

async function deleteOne(
  call: Call,
  key: KeyBytes,
  versionId: string | undefined,
  ifMatch: string | undefined,
): Promise<WriteResult> {
  const { bucket } = call;
  const conditions: Record<string, string> = versionId === undefined ? {} : { 's3:VersionId': versionId };
  await call.require(versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', conditions, key);
  if (ifMatch !== undefined) await requireMatch(call, key, versionId, ifMatch);
  if (versionId === undefined) return bucket.deleteCurrent(key, wholeSecond(call.clock.now()));
  const mayBypass = await mayBypassGovernance(call, key);
  const version = bucket.version(key, versionId);
  requireRemovable(version?.retention ?? null, call.clock.now(), mayBypass);
  return bucket.deleteVersion(key, versionId);
}

/** Whether the request asks to bypass GOVERNANCE retention and its user may. */
export async function mayBypassGovernance(call: Call, key: KeyBytes): Promise<boolean> {
  if (call.headers.get('x-amz-bypass-governance-retention')?.toLowerCase() !== 'true') return false;
  return call.may('s3:BypassGovernanceRetention', {}, key);
}

async function requireMatch(call: Call, key: KeyBytes, versionId: string | undefined, ifMatch: string): Promise<void> {
  if (versionId !== undefined) throw new S3Error('NotImplemented', { details: { Header: 'If-Match' } });
  const current = call.bucket.current(key);
  if (current === undefined) throw new S3Error('NoSuchKey', { details: { Key: keyText(key) } });
  const { etag } = await settle(current);
  if (call.bucket.current(key) !== current || !etagMatches(ifMatch, etag)) {
    throw new S3Error('PreconditionFailed', { details: { Condition: 'If-Match' } });
  }
}
