import type { Decision } from './decision.ts';
import { earlierUploads, type LaterUpload } from './earlier-uploads.ts';
import type { Naming } from './naming.ts';
import { promote, promoteIfAllowed, type Tools } from './promote.ts';
import { examineUpload } from './promotion.ts';
import type { UploadEvent } from './upload-event.ts';

export interface HandlingTools extends Tools {
  readonly naming: Naming;
  readonly inbox: string;
  readonly now: () => number;
}

/** What to do about one upload, and doing it. */
export async function handleUpload(tools: HandlingTools, upload: UploadEvent, signal: AbortSignal): Promise<Decision> {
  const { key, versionId, eventTimeMs } = upload;
  const leave = (kind: Decision['kind'], why?: string): Decision => ({
    ...{ kind, key, versionId, vaultKey: null, sizeBytes: null, uploadedAtMs: eventTimeMs },
    ...(why === undefined ? {} : { why }),
  });
  if (upload.bucket !== tools.inbox) return leave('other-bucket', `the bucket is ${upload.bucket}`);
  // The version 'null' is replaced in place: it pins nothing.
  if (versionId === null || versionId === 'null') return leave('not-versioned');
  const named = tools.naming.find(key);
  if (named === null) return leave('unknown-name');
  const vaultKey = named.keyAt(eventTimeMs);
  if (vaultKey === null) return leave('unknown-name', 'its name in the vault would read as one of another period');

  const promotion = { source: { key, versionId }, vaultKey, uploadedAtMs: eventTimeMs, rule: named.rule };
  const facts = await examineUpload(tools.storage, promotion, signal);
  if ('kind' in facts) return facts;
  // Listed only where the name is free: a flood under a name that is taken is answered with two requests for each upload.
  if ((await tools.storage.headArchive(vaultKey, signal)) === null) {
    await promoteEarlier(tools, { promotion, named, facts }, signal);
  }
  return promote(tools, promotion, facts, signal);
}

/** Gives the name to an earlier upload of its period, if there is one whose event has not come yet. */
async function promoteEarlier(tools: HandlingTools, later: LaterUpload, signal: AbortSignal): Promise<void> {
  for (const earlier of await earlierUploads(tools.storage, later, tools.now(), signal)) {
    const decision = await promoteIfAllowed(tools, earlier, signal);
    if (decision === null) continue;
    tools.log({ event: 'decision', during: 'event', decision });
    // Anything that says something about the name itself ends the search; an upload that is gone or refused does not.
    if (['promoted', 'finished', 'name-taken', 'mismatch'].includes(decision.kind)) return;
  }
}
