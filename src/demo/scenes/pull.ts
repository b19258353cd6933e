import { join } from 'node:path';
import { holdsAll, lookIntoStore } from '../look-into-store.ts';
import { runProgram } from '../run-program.ts';
import type { Scene } from '../scene.ts';

export const pull: Scene = {
  title: 'The mirror pulls',
  async play(stage) {
    const { tell, storeDir, line, uploaded, signal } = stage;
    await stage.pullmirror(['sync']);
    const files = lookIntoStore(stage);
    tell.claim(
      files.length === uploaded.size && holdsAll(files, uploaded.values()),
      `all ${files.length} archives are plain files on the disk, equal to what the servers made (SHA-256)`,
    );
    const list = await stage.pullmirror(['list']);
    const proven = list.text.match(/ stored +checksum-full /g)?.length ?? 0;
    tell.claim(
      proven === uploaded.size && files.every(({ mode }) => mode === 0o440),
      'each was proven against the vault’s own checksum of the whole object; the files are read-only',
    );

    const status = await stage.pullmirror(['status']);
    tell.claim(status.text.startsWith('All 5 series are fresh'), 'every series is as young as it is expected to be');

    tell.say('', 'The same question without this program:');
    tell.command('cd store/web && sha256sum -c SHA256SUMS');
    const check = await runProgram('sha256sum', ['-c', 'SHA256SUMS'], { cwd: join(storeDir, 'web'), signal });
    tell.output(check.text);
    const fine = check.text.match(/: OK$/gm)?.length ?? 0;
    tell.claim(check.status === 0 && fine === uploaded.size, `coreutils agree: ${fine} of ${uploaded.size} OK`);

    const before = line.downloads;
    await stage.pullmirror(['sync']);
    tell.claim(line.downloads === before, 'a second sync downloads nothing');
  },
};
