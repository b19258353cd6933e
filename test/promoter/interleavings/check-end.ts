import { MINUTE_MS } from '../../../src/core/duration.ts';
import { type Archived, fail, type Ledger, shown } from './ledger.ts';
import type { Upload, World } from './world.ts';

/** What must be true when everything came to rest: each period has the archive it must have, and what is left in the inbox is explained. */
export function checkEnd(world: World, ledger: Ledger): void {
  const byKey = new Map([...ledger.archives.values()].map((archived) => [archived.vaultKey, archived]));
  for (const upload of world.uploads) {
    const { nameAt } = upload.plan;
    const isLeft = ledger.inInbox.has(upload.versionId);
    if (nameAt === null || !upload.plan.hasGoodSize || upload.isArchived) {
      if (!isLeft && !upload.isLost && !isInVault(ledger, upload)) fail(`${shown(upload)} is gone`);
      continue;
    }
    if (upload.isLost) continue;
    const names = [nameAt(upload.eventTimeMs), nameAt(upload.lastModifiedMs)];
    const own = names.map((name) => byKey.get(name)).find((archived) => archived !== undefined);
    // Promoted, or somebody else was: a name that it could have had stays free for no reason.
    // But when an upload in parts was finished only its own message tells: what none tells of may have no name.
    const hasTime = !upload.isInParts || upload.isHeardOf;
    if (own === undefined && hasTime) fail(`neither ${shown(upload)} nor another upload became ${names[0]}`);
    // A promotion that died before its last step: the sweep ends it.
    if (isLeft && isInVault(ledger, upload)) fail(`${shown(upload)} is in the vault, and still in the inbox`);
    if (!isLeft && !isInVault(ledger, upload)) fail(`${shown(upload)} is gone`);
  }
  for (const archived of ledger.archives.values()) checkFirst(world, archived);
}

/** No upload of the period came before the one that has its name: finished before the other was begun, with no other name that it could have had. */
function checkFirst(world: World, { vaultKey, upload, notAfterMs }: Archived): void {
  for (const other of world.uploads) {
    const { nameAt, key, hasGoodSize } = other.plan;
    if (other === upload || key !== upload.plan.key || nameAt === null || !hasGoodSize) continue;
    if (other.isLost || other.isArchived) continue;
    const isBefore = other.eventTimeMs < upload.lastModifiedMs;
    // Nobody but its own event knows when an upload in parts was finished: at the latest, when the choice was made, by a clock that may be a bit behind.
    // One in a single piece is taken to last less than a minute.
    const untilMs = other.isInParts ? notAfterMs + MINUTE_MS : other.lastModifiedMs + MINUTE_MS;
    const isCertain = nameAt(other.lastModifiedMs) === vaultKey && nameAt(untilMs) === vaultKey;
    if (isBefore && isCertain) fail(`${vaultKey} belongs to ${shown(other)}, but was made of ${shown(upload)}`);
  }
}

function isInVault(ledger: Ledger, upload: Upload): boolean {
  return [...ledger.archives.values()].some((archived) => archived.upload === upload);
}
