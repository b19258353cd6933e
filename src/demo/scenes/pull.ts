import { join } from 'node:path';
import { holdsAll, lookIntoStore } from '../look-into-store.ts';
import { runProgram } from '../run-program.ts';
import type { Scene } from '../scene.ts';

export const pull: Scene = {
  title: 'The mirror pulls',
  async play(stage) {
    const { tell, storeDir, uploaded, signal } = stage;
    await stage.pullmirror(['sync']);
    const files = await lookIntoStore(stage);
    tell.claim(
      files.length === uploaded.size && holdsAll(files, uploaded.values()),
      `all ${files.length} archives are plain files on the disk, equal to what the web server made (SHA-256)`,
    );
    tell.claim(
      files.every(({ proof, mode }) => proof === 'checksum-full' && mode === 0o440),
      'each was proven against the vault’s own checksum before it got its name, and is read-only',
    );

    await stage.pullmirror(['status']);
    await stage.pullmirror(['list', 'web1-files']);

    tell.say('', 'The same question without this program:');
    tell.command(`cd ${join(storeDir, 'web')} && sha256sum -c SHA256SUMS`);
    const check = await runProgram('sha256sum', ['-c', 'SHA256SUMS'], { cwd: join(storeDir, 'web'), signal });
    tell.output(check.text);
    const fine = check.text.match(/: OK$/gm)?.length ?? 0;
    tell.claim(check.status === 0 && fine === uploaded.size, `coreutils agree: ${fine} of ${uploaded.size} OK`);

    const again = await stage.ask('sync', ['sync']);
    tell.claim(
      again.vaults.every(({ downloaded, problem }) => downloaded === 0 && problem === null),
      'a second sync downloads nothing',
    );
  },
};
