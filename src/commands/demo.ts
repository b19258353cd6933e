import type { Command } from 'commander';
import { EXIT } from '../core/errors.ts';
import { examples, type RunCommand } from './command-context.ts';

export function addDemoCommand(program: Command, run: RunCommand): void {
  program
    .command('demo')
    .description('show the whole chain on this machine: no account, no disk, nothing left behind')
    .addHelpText('after', examples(['pullmirror demo', 'takes half a minute']))
    .action(() =>
      run({}, async ({ out, signal }) => {
        // Loaded only here: neither the demo nor its S3 server is part of a mirror.
        const { runDemo } = await import('../demo/run-demo.ts');
        await runDemo({ signal, out });
        return EXIT.done;
      }),
    );
}
