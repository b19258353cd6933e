import type { Command } from 'commander';
import { EXIT } from '../core/errors.ts';
import { type CommandContext, examples, type RunCommand } from './command-context.ts';
import { loadCloud } from './load-cloud.ts';
import { readDescription } from './read-description.ts';
import { writeOutFiles } from './write-out-files.ts';

interface TemplateOptions {
  readonly out?: string;
  readonly force?: boolean;
}

export function addCloudTemplateCommand(cloud: Command, run: RunCommand): void {
  cloud
    .command('template <FILE>')
    .description('print the CloudFormation template of a description, promoter included')
    .option('--out <FILE>', 'write it to this file instead')
    .option('--force', 'replace that file if it has other content')
    .addHelpText(
      'after',
      examples(
        ['pullmirror cloud template upload-side.yaml --out template.json', 'to upload by hand in the console'],
        ['pullmirror cloud template upload-side.yaml | less', 'to read it first'],
      ),
    )
    .action((file: string, options: TemplateOptions) => run({}, (context) => template(file, options, context)));
}

async function template(file: string, options: TemplateOptions, { out, place }: CommandContext) {
  const { buildTemplate } = await loadCloud(() => import('../cloud/template/build-template.ts'));
  const { readPromoterBundle } = await loadCloud(() => import('../cloud/template/read-promoter-bundle.ts'));
  const { side } = await readDescription(file, out);
  const text = buildTemplate({ side, promoterSource: await readPromoterBundle(place.rootDir) });
  if (options.out === undefined) {
    out.raw(text);
    await out.drained();
    return EXIT.done;
  }
  for (const { path, state } of await writeOutFiles([{ path: options.out, text }], options.force === true)) {
    out.line(`${path}: ${state}, ${Buffer.byteLength(text)} bytes`);
  }
  out.line(`Next: read it, then let CloudFormation make a stack of it in ${side.region}, with CAPABILITY_NAMED_IAM.`);
  return EXIT.done;
}
