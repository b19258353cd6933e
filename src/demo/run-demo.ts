import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isAppError } from '../core/errors.ts';
import { CLI_FILE } from './mirror-program.ts';
import { Narrator, type StoryOutput } from './narrator.ts';
import { SCENES } from './scenes/index.ts';
import type { Stage } from './scene.ts';
import { type OpenStage, openStage } from './stage.ts';

export interface DemoOptions {
  readonly out: StoryOutput;
  /** Colours, for a terminal. */
  readonly styled: boolean;
  readonly signal: AbortSignal;
}

/**
 * Plays the main job from end to end on this machine: a vault, a mirror, a restore, a bad line and two attacks. Everything it says was
 * looked at; what turns out otherwise ends it with INTERNAL. The store stays behind for the person to look at, and its path is told; after
 * an interruption nothing stays.
 */
export async function runDemo({ out, styled, signal }: DemoOptions): Promise<void> {
  const startedMs = performance.now();
  const tell = new Narrator({ out, styled });
  const stage = await openStage({ tell, signal });
  try {
    introduce(stage);
    for (const scene of SCENES) {
      tell.chapter(scene.title);
      await scene.play(stage);
    }
  } catch (error) {
    tell.say('', `This went wrong. What there is of it lies in ${stage.dir}`);
    throw error;
  } finally {
    await stage.close();
    if (signal.aborted) rmSync(stage.dir, { recursive: true, force: true });
  }
  conclude(stage, (performance.now() - startedMs) / 1000);
}

function introduce({ tell, configFile }: Stage): void {
  tell.say(
    'pullmirror, a demo: backups of a web server are pulled from an S3 vault to a disk at home, and survive.',
    'All of it happens on this machine. No account, no root, no network; every ✓ was checked just before it was printed.',
    '',
    'Where this story says `pullmirror`, it runs',
    `  node ${CLI_FILE} --config ${configFile}`,
  );
}

function conclude(stage: Stage, seconds: number): void {
  const { tell, dir, storeDir, restoredDir, configFile, cipher, uploaded } = stage;
}
