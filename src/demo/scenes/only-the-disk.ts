import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256Of } from '../backup-server.ts';
import { runProgram } from '../run-program.ts';
import type { Scene, Stage } from '../scene.ts';

export const onlyTheDisk: Scene = {
  title: 'Nothing is left but the disk',
  async play(stage) {
    const { tell, dir, uploaded } = stage;
    tell.say('Vault, web server and Raspberry Pi are gone. The disk is plugged into some other computer:');
    const verified = await restoreScript(stage, ['--verify']);
    tell.claim(verified === 0, 'every archive on the disk matches its checksum');
    const newest = [...uploaded.values()].reduce((a, b) => (a.madeAtMs > b.madeAtMs ? a : b));
    const target = join('restored', 'by-hand');
    mkdirSync(join(dir, target));
    const copied = await restoreScript(stage, ['--to', target, `web/${newest.key}`]);
    const bytes = readFileSync(join(dir, target, basename(newest.key)));
    tell.claim(
      copied === 0 && sha256Of(bytes) === newest.sha256,
      'a POSIX shell and coreutils suffice to get an archive back, checked before and after',
    );
  },
};

async function restoreScript({ tell, dir, signal }: Stage, args: readonly string[]): Promise<number | null> {
  const script = join('store', 'restore.sh');
  tell.command(`sh ${script} ${args.join(' ')}`);
  const { status, text } = await runProgram('sh', [script, ...args], { cwd: dir, signal });
  tell.output(text);
  return status;
}
