import { AppError } from '../../core/errors.ts';
import { formatBytes } from '../../core/size.ts';
import type { Raid } from '../attack/attempt.ts';
import { inboxAttempts } from '../attack/inbox-attempts.ts';
import { REFUSED_ATTEMPTS } from '../attack/refused-attempts.ts';
import { tableRow, tryAttempts } from '../attack/try-attempts.ts';
import { sha256Of, type Uploaded } from '../backup-server.ts';
import { holdsAll, lookIntoStore } from '../look-into-store.ts';
import type { Scene, Stage } from '../scene.ts';
import { uploadBackup } from '../upload-backup.ts';
import { INBOX, VAULT } from '../upload-side-text.ts';

const LATE_PHOTO_BYTES = 200_000;

export const serverTakenOver: Scene = {
  title: 'web1 is taken over, and its key with it',
  async play(stage) {
    const { tell, cipher, uploaded } = stage;
    const genuine = [...uploaded.values()];
    tell.say(
      'Somebody owns web1 now. Below is what was tried with its key, each line for real, and what became of it;',
      'after each, both buckets were looked at: nothing was changed in them but what the line says.',
    );
    const raid = await beginRaid(stage);
    const count = await tryAttempts(raid, [...REFUSED_ATTEMPTS, ...inboxAttempts(cipher.suffix)]);
    tell.say('');
    await tellWhatWasAchieved(stage);
    await pullTheRest(stage);
    await claimAllIsThere(stage, genuine, count);
  },
};

/** The attacker's first upload, of a name that no rule knows: it stays in the inbox. */
async function beginRaid(stage: Stage): Promise<Raid> {
  const { web1, inbox, promoter, s3, clock, nowMs, uploaded } = stage;
  const foothold = await clock.at(nowMs, () => inbox.put(web1.key, 'web1/foothold', Buffer.from('I was here')));
  const { kind } = await promoter.notify(foothold);
  const victim = [...uploaded.values()].find(({ uploadKey }) => uploadKey.startsWith('web1/backup.'));
  const [version] = s3.versionsOf(VAULT, victim?.key ?? '');
  if (kind !== 'unknown-name' || victim === undefined || version === undefined) {
    throw new AppError('INTERNAL', 'the demo’s attack cannot begin');
  }
  return { stage, key: web1.key, foothold, victim: { key: victim.key, versionId: version.versionId } };
}

async function tellWhatWasAchieved(stage: Stage): Promise<void> {
  const { tell, web1, admin, clock, nowMs, promoter, forged } = stage;
  tell.say(
    'What it did achieve: web1’s folder in the inbox is full, and two names of today that were still free are',
    'garbage. Who owns a server decides what it backs up from then on; what it backed up before stays.',
  );
  const late = await uploadBackup(stage, web1, await web1.site.backUpFiles(nowMs, LATE_PHOTO_BYTES));
  tell.claim(
    late.kind === 'name-taken',
    'today’s real backup of the site comes too late: it stays in the inbox, reported',
  );
  await clock.at(nowMs, () => promoter.sweep());
  const left = await admin.versionsIn(INBOX);
  const { LeftInInbox }: { LeftInInbox?: number } = JSON.parse(promoter.log.at(-1) ?? '{}');
  tell.claim(
    LeftInInbox === left.length && left.length > forged.size,
    `the promoter’s daily sweep reports all ${left.length} uploads that it left in the inbox (LeftInInbox)`,
  );
}

async function pullTheRest(stage: Stage): Promise<void> {
  const { tell, forged, uploaded } = stage;
  const { text } = await stage.pullmirror(['sync'], { exit: 3 });
  const files = lookIntoStore(stage);
  const atHome = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  const [site = '', settings = ''] = forged.keys();
  tell.claim(
    atHome.get(site) === forged.get(site) && holdsAll(files, uploaded.values()),
    tableRow('garbage as today’s site', 'mirror: pulled, one archive more'),
  );
  tell.claim(
    !atHome.has(settings) && text.includes(`${settings}: oversize`),
    tableRow('far too large garbage as today’s settings', 'mirror: held, until the owner accepts it'),
  );
}

async function claimAllIsThere(stage: Stage, before: readonly Uploaded[], count: number): Promise<void> {
  const { tell, admin, s3 } = stage;
  const inVault = await Promise.all(before.map(async ({ key }) => sha256Of(await admin.read(key))));
  tell.claim(
    before.every(({ key, sha256 }, index) => sha256 === inVault[index] && s3.versionsOf(VAULT, key).length === 1),
    `${count} attempts later all ${before.length} earlier archives are in the vault, in one version each, byte for byte`,
  );
  const bytes = before.reduce((sum, { body }) => sum + body.length, 0);
  tell.claim(holdsAll(lookIntoStore(stage), before), `and at home, too, all ${formatBytes(bytes)} of them`);
}
