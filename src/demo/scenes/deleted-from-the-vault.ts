import { holdsAll, lookIntoStore } from '../look-into-store.ts';
import type { Scene } from '../scene.ts';
import { VAULT } from '../upload-side-text.ts';

export const deletedFromTheVault: Scene = {
  title: 'Worse still: the vault is emptied',
  async play(stage) {
    const { tell, admin, uploaded, s3 } = stage;
    const victims = [...uploaded.values()].filter(({ uploadKey }) => uploadKey.includes('/backup.'));
    const refused: string[] = [];
    for (const { key } of victims) refused.push(...(await admin.destroy(key, { bypassLock: false })));
    tell.say(`Now all ${victims.length} backups of the sites shall go.`);
    tell.claim(
      refused.length > victims.length && refused.every((code) => code === 'AccessDenied'),
      'the vault’s lock refuses: every version is protected',
    );
    tell.say('But a lock in governance mode has a way round it for administrators, and this attacker is one.');
    for (const { key } of victims) await admin.destroy(key, { bypassLock: true });
    tell.claim(
      victims.every(({ key }) => s3.versionsOf(VAULT, key).length === 0),
      'every version of every backup of the sites is gone from the vault',
    );

    const { text } = await stage.pullmirror(['sync', '--full'], { exit: 3 });
    const files = lookIntoStore(stage);
    tell.claim(holdsAll(files, uploaded.values()), `the disk still holds all ${uploaded.size} archives, byte for byte`);
    const orphans = Number(/^GONE from the vault, kept here: (\d+)$/m.exec(text)?.[1]);
    tell.claim(
      orphans === victims.length + 1,
      `and says so loudly: ${orphans} are gone from the vault and kept here; exit status 3`,
    );
  },
};
