import { readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { sha256Of } from '../backup-server.ts';
import { outputOf } from '../cipher.ts';
import { filesBelow } from '../look-into-store.ts';
import { runProgram } from '../run-program.ts';
import type { Scene } from '../scene.ts';

export const giveBack: Scene = {
  title: 'The web server burns down, and the site comes back',
  async play(stage) {
    const { tell, dir, web1, cipher, restoredDir, uploaded, signal } = stage;
    const newest = [...uploaded.values()]
      .filter(({ uploadKey }) => uploadKey.startsWith('web1/backup.'))
      .reduce((a, b) => (a.madeAtMs > b.madeAtMs ? a : b));
    await stage.pullmirror(['restore', '--series', 'web1-files', '--latest', '--to', 'restored']);
    const file = join(restoredDir, basename(newest.key));
    const bytes = readFileSync(file);
    tell.claim(sha256Of(bytes) === newest.sha256, 'it is last night’s archive, byte for byte what the web server made');

    tell.command(`${cipher.command(join('restored', basename(file)))} | tar xz -C restored`);
    const opened = await cipher.decrypt(bytes);
    outputOf('tar', await runProgram('tar', ['-xzf', '-', '-C', restoredDir], { input: opened, signal }));
    const restoredSite = join(restoredDir, basename(web1.site.siteDir));
    tell.output(
      filesBelow(restoredSite)
        .map((name) => relative(dir, name))
        .join('\n'),
    );
    tell.claim(sameTree(web1.site.siteDir, restoredSite), 'every file of the site is back and equal to the original');
  },
};

function sameTree(a: string, b: string): boolean {
  const hashes = (dir: string) => filesBelow(dir).map((file) => [file.slice(dir.length), sha256Of(readFileSync(file))]);
  const original = hashes(a);
  return original.length > 0 && JSON.stringify(original) === JSON.stringify(hashes(b));
}
