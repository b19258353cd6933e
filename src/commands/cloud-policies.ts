import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { NamedPolicy } from '../cloud/policies/named-policies.ts';
import type { PolicyFlavour } from '../cloud/policies/policy-document.ts';
import { EXIT } from '../core/errors.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadCloud } from './load-cloud.ts';
import type { Output } from './output.ts';
import { readDescription } from './read-description.ts';
import { type OutFile, strangersBeside, writeOutFiles } from './write-out-files.ts';

interface PoliciesOptions {
  readonly for: PolicyFlavour;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const FLAVOURS: readonly PolicyFlavour[] = ['aws', 'radosgw', 'minio'];
const STEPS_FILE = 'CONSOLE-STEPS.md';

export function addCloudPoliciesCommand(cloud: Command, run: RunCommand): void {
  cloud
    .command('policies <FILE>')
    .description('print every policy of a description, to be put in place by hand')
    .addOption(new Option('--for <SERVER>', 'whose reading of IAM').choices(FLAVOURS).default('aws'))
    .option('--out <DIR>', 'write a file for each policy, and the steps in the console, into this directory')
    .option('--force', 'replace files there that have other content')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror cloud policies upload-side.yaml', 'to read'],
        ['pullmirror cloud policies upload-side.yaml --out policies', `to click through; begin with ${STEPS_FILE}`],
        ['pullmirror cloud policies upload-side.yaml --for radosgw', 'for a Ceph cluster'],
      ),
    )
    .action((file: string, options: PoliciesOptions) =>
      run(options, (context) => printPolicies(file, options, context)),
    );
}

async function printPolicies(file: string, options: PoliciesOptions, { out }: CommandContext) {
  const { namedPolicies } = await loadCloud(() => import('../cloud/policies/named-policies.ts'));
  const { consoleSteps } = await loadCloud(() => import('../cloud/policies/console-steps.ts'));
  const { side, warnings } = await readDescription(file, out);
  const policies = namedPolicies(side, options.for);
  const files =
    options.out === undefined
      ? null
      : await writePolicies(
          options.out,
          filesIn(options.out, policies, consoleSteps(side, policies, options.for)),
          options.force === true,
          out,
        );
  out.document({ v: 1, file, for: options.for, policies, files, warnings });
  if (files === null) {
    tellPolicies(policies, out);
    out.line('With --out DIR: a file for each, and the steps in the console.');
  } else {
    for (const { path, state } of files) out.line(`${path}: ${state}`);
  }
  return EXIT.done;
}

async function writePolicies(directory: string, files: readonly OutFile[], force: boolean, out: Output) {
  const written = await writeOutFiles(files, force);
  // Whoever clicks through the folder would give a server that is gone its rights back.
  for (const path of await strangersBeside(directory, '.json', files)) {
    out.note(`warning: ${path} is not of this description; remove it if nothing else needs it`);
  }
  return written;
}

function filesIn(directory: string, policies: readonly NamedPolicy[], steps: string): OutFile[] {
  return [
    ...policies.map(({ name, document }) => ({
      path: join(directory, `${name}.json`),
      text: `${JSON.stringify(document, null, 2)}\n`,
    })),
    { path: join(directory, STEPS_FILE), text: steps },
  ];
}

function tellPolicies(policies: readonly NamedPolicy[], out: Output): void {
  for (const { name, carrier, forWhom, description, document } of policies) {
    out.line(`# ${name}, for the ${carrier} ${forWhom.join(', ')}`);
    out.line(`# ${description}`);
    for (const line of JSON.stringify(document, null, 2).split('\n')) out.line(line);
    out.line();
  }
}
