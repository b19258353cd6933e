import { formatBytes } from '../../core/size.ts';
import { formatUtc } from '../../core/zoned-time.ts';
import type { Scene } from '../scene.ts';
import { BUCKET } from '../vault-administrator.ts';

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 5;
const HOURS = 4;
const LOCK_DAYS = 30;
const PHOTO_BYTES = 3_000_000;

export const fillTheVault: Scene = {
  title: 'A web server backs up to a vault in the cloud',
  async play({ tell, site, admin, clock, s3, cipher, uploaded, nowMs }) {
    s3.addBucket(BUCKET, { versioning: 'Enabled', lock: true });
    await admin.lockNewObjects(LOCK_DAYS);
    tell.say(
      `The web server web1 packs its site every night and its database every hour: tar, gzip, encryption`,
      `(${cipher.words}). The vault is the bucket ${BUCKET} on this demo's own S3 server,`,
      `${s3.url}: versioned, every object locked for ${LOCK_DAYS} days. The part between the two is not there yet,`,
      'so the demo itself puts each archive into the vault, under a name made by the clock.',
      '',
    );
    // Late in the evening and late in the hour: neither ever bears the name of what the story makes now.
    for (let ago = DAYS; ago >= 1; ago -= 1) {
      const madeAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS - ago * DAY_MS + 23.5 * HOUR_MS;
      const archive = await site.backUpFiles(madeAtMs, PHOTO_BYTES);
      uploaded.set(archive.key, archive);
    }
    for (let ago = HOURS; ago >= 1; ago -= 1) {
      const madeAtMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - ago * HOUR_MS + 55 * MINUTE_MS;
      const archive = await site.backUpDatabase(madeAtMs);
      uploaded.set(archive.key, archive);
    }
    const archives = [...uploaded.values()].sort((a, b) => a.madeAtMs - b.madeAtMs);
    for (const { key, body, madeAtMs } of archives) {
      await clock.at(madeAtMs, () => admin.put(key, body));
      tell.output(`${formatUtc(madeAtMs)}  ${formatBytes(body.length).padStart(7)}  ${key}`);
    }

    tell.claim(
      archives.every(({ key }) => s3.versionsOf(BUCKET, key).length === 1),
      `${archives.length} archives are in the vault, each in one version`,
    );
    const opened = await Promise.all(archives.map(({ body }) => cipher.decrypt(body)));
    tell.claim(
      archives.every(({ body }, index) => body.subarray(0, 2).compare(GZIP) !== 0 && isGzip(opened[index])),
      'they are encrypted: only with the passphrase they open, and then they are gzip files',
    );
  },
};

const GZIP = Buffer.from([0x1f, 0x8b]);

function isGzip(bytes: Buffer | undefined): boolean {
  return bytes?.subarray(0, 2).compare(GZIP) === 0;
}
