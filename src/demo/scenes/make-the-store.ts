import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scene, Stage } from '../scene.ts';
import { BUCKET, REGION } from '../vault-administrator.ts';

export const makeTheStore: Scene = {
  title: 'A disk at home becomes the store',
  async play(stage) {
    const { tell, configFile, mirrorKey, uploaded, s3 } = stage;
    tell.say('On a Raspberry Pi the store is a USB disk; here it is a directory.');
    await stage.pullmirror(['init', 'store', '--not-a-mount']);
    writeFileSync(configFile, configText(stage));
    tell.say('', 'The configuration, mirror.yaml:', '');
    tell.output(readFileSync(configFile, 'utf8'));
    await stage.pullmirror(['doctor']);

    const [some] = uploaded.values();
    const key = some?.key ?? '';
    const denied = [
      await refusal(mirrorKey.put(key, Buffer.from('overwritten'))),
      await refusal(mirrorKey.put('web1/new', Buffer.from('new'))),
      await refusal(mirrorKey.hide(key)),
      ...(await mirrorKey.destroy(key, { bypassLock: false })),
    ];
    tell.say('', 'The mirror has a key of its own, and so would whoever steals the Pi. What can be done with it?');
    tell.claim(
      denied.length === 4 && denied.every((code) => code === 'AccessDenied') && s3.versionsOf(BUCKET, key).length === 1,
      'the mirror’s key reads; overwriting, adding, hiding and deleting were tried and refused: AccessDenied',
    );
  },
};

function configText({ dir, storeDir, line, cipher: { suffix } }: Stage): string {
  return `timezone: UTC
store: { path: ${storeDir}, minFree: 20MB }
state: ${join(dir, 'state')}
vaults:
  - name: web
    bucket: ${BUCKET}
    region: ${REGION}
    endpoint: ${line.url}
    forcePathStyle: true
    credentials: { file: ${join(dir, 'credentials')} }
series:
  - { name: web1-files, vault: web, match: "web1/{date}.tar.gz.${suffix}", expectEvery: 1d }
  - { name: web1-sql, vault: web, match: "web1/{date}.{hour}.sql.gz.${suffix}", expectEvery: 1h }
`;
}

/** The code of S3's refusal, or 'done' when it did not refuse. */
async function refusal(attempt: Promise<void>): Promise<string> {
  try {
    await attempt;
    return 'done';
  } catch (error) {
    if (error instanceof Error) return error.name;
    throw error;
  }
}
