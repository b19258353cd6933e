import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/duration.ts';
import { formatBytes } from '../../core/size.ts';
import { formatUtc } from '../../core/zoned-time.ts';
import { sha256Of, type Uploaded } from '../backup-server.ts';
import type { Scene, Stage, Uploader } from '../scene.ts';
import { uploadBackup } from '../upload-backup.ts';
import { INBOX, LOCK_DAYS, VAULT } from '../upload-side-text.ts';

const DAYS = 3;
const HOURS = 4;
const PHOTO_BYTES = 3_000_000;

export const uploadAndPromote: Scene = {
  title: 'The servers upload, the promoter promotes',
  async play(stage) {
    const { tell, admin, s3, cipher, uploaded } = stage;
    tell.say(
      'web1 packs its site and its settings every night and its database every hour; web2 does alike. That is',
      `tar, gzip, encryption (${cipher.words}), and an upload, always under the same name.`,
      'The promoter (the Lambda function itself) hears of it from S3 and names each archive by S3’s clock:',
      '',
    );
    const backups = (await packDaysOfBackups(stage)).sort((a, b) => a.archive.madeAtMs - b.archive.madeAtMs);
    for (const { server, archive } of backups) {
      const { vaultKey } = await uploadBackup(stage, server, archive);
      const upload = `${formatUtc(archive.madeAtMs).slice(0, 16)}  ${formatBytes(archive.body.length).padStart(7)}  ${archive.uploadKey}`;
      tell.output(`${upload.padEnd(51)} -> ${vaultKey ?? 'left'}`);
    }

    const archives = backups.map(({ archive }) => archive);
    const inVault = await Promise.all(archives.map(async ({ key }) => sha256Of(await admin.read(key))));
    tell.claim(
      uploaded.size === archives.length && archives.every(({ sha256 }, index) => sha256 === inVault[index]),
      `${archives.length} archives are in the vault under the names that the clock gave them, byte for byte`,
    );
    tell.claim(
      (await admin.versionsIn(INBOX)).length === 0 &&
        archives.every(({ key }) =>
          s3.versionsOf(VAULT, key).every(({ retention }) => isLocked(retention, stage.nowMs)),
        ),
      `the inbox is empty again; in the vault each is locked for ${LOCK_DAYS} days`,
    );
    const kinds = [...new Map(archives.map((archive) => [archive.uploadKey, archive])).values()];
    const opened = await Promise.all(kinds.map(({ body }) => cipher.decrypt(body)));
    tell.claim(
      archives.every(({ body }) => !isGzip(body)) && opened.every(isGzip),
      'they are encrypted; one of each kind was opened with the passphrase, and is a gzip file then',
    );
  },
};

interface Backup {
  readonly server: Uploader;
  readonly archive: Uploaded;
}

/** Late in the evening and late in the hour: none ever bears the name of what the story makes now. */
async function packDaysOfBackups({ web1, web2, nowMs }: Stage): Promise<Backup[]> {
  const backups: Backup[] = [];
  for (let ago = DAYS; ago >= 1; ago -= 1) {
    const nightMs = Math.floor(nowMs / DAY_MS) * DAY_MS - ago * DAY_MS + 23.5 * HOUR_MS;
    backups.push({ server: web1, archive: await web1.site.backUpFiles(nightMs, PHOTO_BYTES) });
    backups.push({ server: web1, archive: await web1.site.backUpSettings(nightMs + 5 * MINUTE_MS) });
  }
  for (let ago = HOURS; ago >= 1; ago -= 1) {
    const atMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - ago * HOUR_MS + 55 * MINUTE_MS;
    backups.push({ server: web1, archive: await web1.site.backUpDatabase(atMs) });
  }
  const lastNightMs = Math.floor(nowMs / DAY_MS) * DAY_MS - 15 * MINUTE_MS;
  backups.push({ server: web2, archive: await web2.site.backUpFiles(lastNightMs, PHOTO_BYTES) });
  const lastHourMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - 10 * MINUTE_MS;
  backups.push({ server: web2, archive: await web2.site.backUpDatabase(lastHourMs) });
  return backups;
}

function isLocked(retention: { readonly untilMs: number } | null, nowMs: number): boolean {
  return retention !== null && retention.untilMs > nowMs + (LOCK_DAYS - DAYS - 1) * DAY_MS;
}

const GZIP = Buffer.from([0x1f, 0x8b]);

function isGzip(bytes: Buffer): boolean {
  return bytes.subarray(0, 2).compare(GZIP) === 0;
}
