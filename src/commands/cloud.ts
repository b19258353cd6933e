import type { Command } from 'commander';
import { EXIT } from '../core/errors.ts';
import { addCloudCheckCommand } from './cloud-check.ts';
import { addCloudPoliciesCommand } from './cloud-policies.ts';
import { addCloudTemplateCommand } from './cloud-template.ts';
import { examples, type RunCommand } from './command-context.ts';
import { loadCloud } from './load-cloud.ts';

/** The left half: for the owner's computer, never beside the daemon. Its code is loaded only by the command that needs it. */
export function addCloudCommand(program: Command, run: RunCommand): void {
  const cloud = program
    .command('cloud')
    .description('the left half, on your own computer: check its description, print policies and template')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['pullmirror cloud check upload-side.yaml', 'mistakes, dangers, the maximum cost'],
        ['pullmirror cloud policies upload-side.yaml --out policies', 'to click through the AWS console'],
        ['pullmirror cloud template upload-side.yaml --out template.json', 'everything for CloudFormation'],
        ['pullmirror cloud schema', 'JSON Schema of the description, for an editor'],
      ),
    );
  addCloudCheckCommand(cloud, run);
  addCloudPoliciesCommand(cloud, run);
  addCloudTemplateCommand(cloud, run);
  cloud
    .command('schema')
    .description('print the JSON Schema of the description')
    .addHelpText('after', examples(['pullmirror cloud schema > upload-side.schema.json', 'for the editor']))
    .action(() =>
      run({}, async ({ out }) => {
        const { uploadSideJsonSchema } = await loadCloud(() => import('../cloud/description/parse-upload-side.ts'));
        out.raw(`${JSON.stringify(uploadSideJsonSchema(), null, 2)}\n`);
        return EXIT.done;
      }),
    );
}
