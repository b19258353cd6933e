import { AppError } from '../../core/errors.ts';
import { sha256Of } from '../backup-server.ts';
import type { Stage } from '../scene.ts';
import { INBOX, VAULT } from '../upload-side-text.ts';
import type { ListedVersion } from '../vault-administrator.ts';
import type { Attempt, AttemptGroup, Raid } from './attempt.ts';

/** With it the table fits a terminal of 100 columns. */
const WHAT_WIDTH = 50;

/** What was tried, and what became of it. */
export function tableRow(what: string, words: string): string {
  return `${what.padEnd(WHAT_WIDTH)} ${words}`;
}

/** Makes every attempt, looks what it has changed, and prints a row for it: a row that is not so ends the demo. Gives how many there were. */
export async function tryAttempts(raid: Raid, groups: readonly AttemptGroup[]): Promise<number> {
  const { tell } = raid.stage;
  tell.say('', `    ${tableRow('TRIED', 'STOPPED BY, OR WHAT CAME OF IT')}`);
  let before = await bothBuckets(raid.stage);
  for (const { title, attempts } of groups) {
    tell.say('', `    ${title}`);
    for (const attempt of attempts) before = await tryOne(raid, attempt, before);
  }
  return groups.reduce((sum, { attempts }) => sum + attempts.length, 0);
}

/** Gives what lies in the buckets after it. */
async function tryOne(raid: Raid, { what, mayFillInbox, make }: Attempt, before: Buckets): Promise<Buckets> {
  const { tell, admin } = raid.stage;
  const { asDesigned, words, arrived = new Map<string, string>() } = await make(raid);
  const after = await bothBuckets(raid.stage);
  const asBefore = after.vault.filter(({ key }) => !arrived.has(key));
  tell.claim(asDesigned && words !== '', tableRow(what, words));
  const isUntouched =
    same(before.vault, asBefore) &&
    asBefore.length + arrived.size === after.vault.length &&
    holdsAll(after.inbox, before.inbox);
  if (!isUntouched || (!mayFillInbox && after.inbox.length !== before.inbox.length)) {
    throw new AppError('INTERNAL', `the demo found that this changed a bucket: ${what}`);
  }
  for (const [key, sha256] of arrived) {
    if (sha256Of(await admin.read(key)) !== sha256) throw new AppError('INTERNAL', `${key} is not what the demo says`);
  }
  return after;
}

interface Buckets {
  readonly vault: readonly ListedVersion[];
  readonly inbox: readonly ListedVersion[];
}

async function bothBuckets({ admin }: Stage): Promise<Buckets> {
  return { vault: await admin.versionsIn(VAULT), inbox: await admin.versionsIn(INBOX) };
}

function same(a: readonly ListedVersion[], b: readonly ListedVersion[]): boolean {
  return a.length === b.length && JSON.stringify(a) === JSON.stringify(b);
}

/** True if nothing is gone and nothing has other content; what is newest may have changed. */
function holdsAll(now: readonly ListedVersion[], before: readonly ListedVersion[]): boolean {
  return before.every(({ versionId, etag }) => now.some((one) => one.versionId === versionId && one.etag === etag));
}
