import type { Uploaded } from './backup-server.ts';
import type { LoggedDecision } from './promoter-function.ts';
import type { Stage, Uploader } from './scene.ts';

/** A server uploads an archive, at the time at which it was made, and S3 tells the promoter. What was promoted as it should is noted down. */
export async function uploadBackup(
  { clock, inbox, promoter, uploaded }: Stage,
  { key }: Uploader,
  archive: Uploaded,
): Promise<LoggedDecision> {
  const decision = await clock.at(archive.madeAtMs, async () =>
    promoter.notify(await inbox.put(key, archive.uploadKey, archive.body)),
  );
  if (decision.kind === 'promoted' && decision.vaultKey === archive.key) uploaded.set(archive.key, archive);
  return decision;
}
