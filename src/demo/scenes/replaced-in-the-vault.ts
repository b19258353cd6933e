import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatUtc } from '../../core/zoned-time.ts';
import { sha256Of } from '../backup-server.ts';
import { holdsAll, lookIntoStore } from '../look-into-store.ts';
import type { Scene } from '../scene.ts';

export const replacedInTheVault: Scene = {
  title: 'First attack: a backup is replaced in the vault',
  async play(stage) {
    const { tell, admin, uploaded, cipher, dir, nowMs } = stage;
    const victim = [...uploaded.values()]
      .filter(({ key, madeAtMs }) => key.includes('.tar.') && madeAtMs < nowMs)
      .reduce((a, b) => (a.madeAtMs > b.madeAtMs ? a : b));
    tell.say(
      'A web server’s own key cannot do this. Suppose the worst: somebody has the key of the vault’s administrator,',
      `and overwrites last night’s ${victim.key} with a version that has a back door.`,
    );
    const forged = await cipher.encrypt(Buffer.from('a site with a back door'));
    await admin.put(victim.key, forged);
    await stage.pullmirror(['sync'], { exit: 3 });

    const files = lookIntoStore(stage);
    tell.claim(
      files.length === uploaded.size + 1 && files.some(({ sha256 }) => sha256 === sha256Of(forged)),
      'both are kept, in two files; exit status 3 makes it an alarm',
    );
    tell.claim(holdsAll(files, [victim]), 'the genuine one was neither changed nor moved (SHA-256)');

    const newest = join('restored', 'newest');
    const { text } = await stage.pullmirror(['restore', '--series', 'web1-files', '--latest', '--to', newest]);
    tell.claim(
      sha256Of(readFileSync(join(dir, newest))) === sha256Of(forged) && text.includes('is in conflict'),
      'the forged one is the newest now; whoever asks for the newest is warned and told of the other',
    );
    const before = formatUtc(Math.floor(nowMs / 1000) * 1000);
    const target = join('restored', `genuine.tar.gz.${cipher.suffix}`);
    await stage.pullmirror(['restore', victim.key, '--at', before, '--to', target]);
    tell.claim(
      sha256Of(readFileSync(join(dir, target))) === victim.sha256,
      'asked for the time before the attack, it gives back the genuine one',
    );
  },
};
