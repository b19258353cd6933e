import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { Narrator, type StoryOutput } from './narrator.ts';
import type { Stage } from './scene.ts';
import { SCENES } from './scenes/index.ts';
import { openStage } from './stage.ts';

export interface DemoOptions {
  readonly out: StoryOutput;
  /** Colours, for a terminal. */
  readonly styled: boolean;
  readonly signal: AbortSignal;
  /** The file of the program of which this is a part. */
  readonly cliFile: string;
}

/**
 * Plays the main job from end to end on this machine: two servers, a promoter, a vault, a mirror, a restore, a bad line, a hacked server, worse. Everything it says was looked
 * at; what turns out otherwise ends it with INTERNAL. The store stays behind for the person to look at, and its path is told; of a demo
 * that was interrupted nothing stays.
 */
export async function runDemo({ out, styled, signal, cliFile }: DemoOptions): Promise<void> {
  const startedMs = performance.now();
  const tell = new Narrator({ out, styled });
  const stage = await openStage({ tell, signal, cliFile });
  try {
    introduce(stage);
    for (const scene of SCENES) {
      tell.chapter(scene.title);
      await scene.play(stage);
    }
  } catch (error) {
    if (signal.aborted) rmSync(stage.dir, { recursive: true, force: true });
    else tell.say('', `Here the demo went wrong. What there is of it lies in ${stage.dir}`);
    throw error;
  } finally {
    await stage.close();
  }
  conclude(stage, (performance.now() - startedMs) / 1000);
}

function introduce({ tell, dir, cliFile }: Stage): void {
  tell.say(
    'pullmirror, a demo: web servers back up to S3, a disk at home pulls that, and it survives attackers.',
    'All of it happens on this machine: no account, no root, no network. Every line with a ✓ was checked',
    'before it was printed.',
    `It happens in ${dir}, and where it says \`pullmirror\`, this runs:`,
    `  node ${cliFile} --config mirror.yaml`,
  );
}

function conclude({ tell, dir, cipher, uploaded, cliFile }: Stage, seconds: number): void {
  const newest = [...uploaded.values()]
    .filter(({ key }) => key.includes('.tar.'))
    .reduce((a, b) => (a.madeAtMs > b.madeAtMs ? a : b));
  const name = basename(newest.key);
  tell.chapter('What is left');
  tell.say(
    `${tell.claims} claims were checked in ${seconds.toFixed(1)} s. The servers have ended, the keys are deleted. To look at, in ${dir}:`,
    '  store/         the archives below web/, SHA256SUMS, README.txt, restore.sh, index.html',
    '  mirror.yaml    the mirror’s configuration; upload-side.yaml and policies/: the cloud’s',
    '  restored/      what was restored',
    '',
    'Three ways to a backup (with pullmirror, with a shell, with nothing), and from there to your files:',
    `  cd ${dir}`,
    `  node ${cliFile} --config mirror.yaml restore ${newest.key} --to .`,
    `  sh store/restore.sh --to . web/${newest.key}`,
    `  cp store/web/${newest.key} .`,
    `  ${cipher.command(name)} | tar xz`,
    '',
    `When you have seen enough:  rm -rf ${dir}`,
  );
}
