import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../error-code.ts';
import { REGION } from '../s3-key.ts';
import type { Scene, Stage } from '../scene.ts';
import { VAULT } from '../upload-side-text.ts';
import { createVaultAdministrator } from '../vault-administrator.ts';

export const makeTheStore: Scene = {
  title: 'A disk at home becomes the store',
  async play(stage) {
    const { tell, configFile, keys, uploaded, s3 } = stage;
    tell.say('On a Raspberry Pi the store is a USB disk; here it is a directory.');
    await stage.pullmirror(['init', 'store', '--not-a-mount']);
    writeFileSync(configFile, configText(stage));
    tell.say('', 'The configuration, mirror.yaml:', '');
    tell.output(readFileSync(configFile, 'utf8'));
    await stage.pullmirror(['doctor']);

    const mirrorKey = createVaultAdministrator(keys.mirror);
    const [some] = uploaded.values();
    const key = some?.key ?? '';
    const denied = [
      await errorCode(mirrorKey.put(key, Buffer.from('overwritten'))),
      await errorCode(mirrorKey.put('web1/new', Buffer.from('new'))),
      await errorCode(mirrorKey.hide(key)),
      ...(await mirrorKey.destroy(key, { bypassLock: false })),
    ];
    tell.say('', 'The mirror has a key of its own, and so would whoever steals the Pi. What can be done with it?');
    tell.claim(
      denied.length === 4 && denied.every((code) => code === 'AccessDenied') && s3.versionsOf(VAULT, key).length === 1,
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
    bucket: ${VAULT}
    region: ${REGION}
    endpoint: ${line.url}
    forcePathStyle: true
    credentials: { file: ${join(dir, 'credentials')} }
series:
  - { name: web1-files, vault: web, match: "web1/{date}.tar.gz.${suffix}", expectEvery: 1d }
  - { name: web1-etc, vault: web, match: "web1/{date}.etc.tar.gz.${suffix}", expectEvery: 1d }
  - { name: web1-sql, vault: web, match: "web1/{date}.{hour}.sql.gz.${suffix}", expectEvery: 1h }
  - { name: web2-files, vault: web, match: "web2/{date}.tar.gz.${suffix}", expectEvery: 1d }
  - { name: web2-sql, vault: web, match: "web2/{date}.{hour}.sql.gz.${suffix}", expectEvery: 1h }
`;
}
