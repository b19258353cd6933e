import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatUtc } from '../../core/zoned-time.ts';
import { sha256Of } from '../backup-server.ts';
import { errorCode } from '../error-code.ts';
import { holdsAll, lookIntoStore } from '../look-into-store.ts';
import type { Scene } from '../scene.ts';
import { VAULT } from '../upload-side-text.ts';

export const replacedInTheVault: Scene = {
  title: 'Worse: the vault’s administrator replaces a backup',
  async play(stage) {
    const { tell, admin, account, s3, uploaded, cipher, dir, nowMs } = stage;
    const victim = [...uploaded.values()]
      .filter(({ uploadKey }) => uploadKey.startsWith('web1/backup.'))
      .reduce((a, b) => (a.madeAtMs > b.madeAtMs ? a : b));
    tell.say(
      'No server’s key does this. Suppose the worst: somebody has the key of the cloud’s administrator, and',
      `overwrites last night’s ${victim.key} with a version that has a back door.`,
    );
    const replacement = await cipher.encrypt(Buffer.from('a site with a back door'));
    const refusals = account.refusals;
    const code = await errorCode(admin.put(victim.key, replacement));
    const [refusal] = account.refusalsSince(refusals);
    tell.claim(
      code === 'AccessDenied' && refusal !== undefined,
      `the bucket’s policy binds administrators, too: ${refusal?.why}`,
    );
    await admin.deletePolicy(VAULT);
    await admin.put(victim.key, replacement);
    tell.claim(
      s3.versionsOf(VAULT, victim.key).length === 2,
      'but an administrator can delete the policy, and then overwrites',
    );
    await stage.pullmirror(['sync'], { exit: 3 });

    const files = lookIntoStore(stage);
    tell.claim(
      files.some(({ sha256 }) => sha256 === sha256Of(replacement)) && holdsAll(files, uploaded.values()),
      'both are kept, in two files; exit status 3 makes it an alarm',
    );
    tell.claim(holdsAll(files, [victim]), 'the genuine one was neither changed nor moved (SHA-256)');

    const newest = join('restored', 'newest');
    const { text } = await stage.pullmirror(['restore', '--series', 'web1-files', '--latest', '--to', newest]);
    tell.claim(
      sha256Of(readFileSync(join(dir, newest))) !== sha256Of(replacement) && text.includes('is newer, but it replaced'),
      'the forged one is no newer backup; whoever asks for the newest gets a genuine one, and is told',
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
