import type { Command } from 'commander';
import { AppError, EXIT, systemCode } from '../core/errors.ts';
import { examples, type RunCommand } from './command-context.ts';

export function addDemoCommand(program: Command, run: RunCommand): void {
  program
    .command('demo')
    .description('show the main job on this machine: no account, no disk, no network')
    .addHelpText('after', examples(['pullmirror demo', 'in a clone of the repository; takes half a minute at most']))
    .action(() =>
      run({}, async ({ out, signal, place }) => {
        const { runDemo } = await loadDemo();
        const styled = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
        await runDemo({ out, styled, signal, cliFile: place.cliFile });
        return EXIT.done;
      }),
    );
}

/** Loaded only here: neither the demo nor its S3 server is part of a mirror, and an installed release is without them. */
async function loadDemo() {
  try {
    return await import('../demo/run-demo.ts');
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new AppError('DEMO_NOT_HERE', 'the demo is no part of an installed release', { cause: error });
  }
}
