import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../core/errors.ts';
import { initStore } from '../store/init-store.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { tellTexts } from './tell-texts.ts';

interface InitOptions {
  readonly notAMount?: boolean;
  readonly json?: boolean;
}

export function addInitCommand(program: Command, run: RunCommand): void {
  program
    .command('init <DIR>')
    .description('make a directory the store: once for each disk')
    .option('--not-a-mount', 'DIR is a plain directory on purpose, not where a disk is mounted')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror init /srv/archive', 'where the USB disk is mounted'],
        ['pullmirror init ~/archive --not-a-mount', 'to try it out without a disk'],
      ),
    )
    .action((directory: string, options: InitOptions) => run(options, (context) => init(directory, options, context)));
}

async function init(directory: string, options: InitOptions, { out, clock }: CommandContext) {
  const { root, marker, created, texts } = initStore({
    directory: resolve(directory),
    notAMount: options.notAMount === true,
    nowMs: clock.now(),
    newId: randomUUID,
  });
  out.document({
    v: 1,
    created,
    path: root,
    storeId: marker.storeId,
    filesystemUuid: marker.filesystemUuid,
    createdAt: marker.createdAt,
    texts: [...texts],
  });
  out.line(created ? `${root} is a store now, ${marker.storeId}.` : `${root} is a store already, ${marker.storeId}.`);
  tellTexts(texts, out);
  out.line(`How to read it without this program stands in ${join(root, 'README.txt')}.`);
  out.line(`Next: write \`store: { path: ${root} }\` into the configuration, then \`pullmirror doctor\`.`);
  return EXIT.done;
}
