import type { UploadSide } from '../description/upload-side.ts';
import { awsSteps } from './aws-steps.ts';
import { minioSteps } from './minio-steps.ts';
import type { NamedPolicy } from './named-policies.ts';
import type { PolicyFlavour } from './policy-document.ts';
import { radosgwSteps } from './radosgw-steps.ts';

/**
 * What a person does with the policies: in the AWS console by its present words, elsewhere by commands to copy. Each document is expected as
 * a file of its policy's name with `.json`.
 */
export function consoleSteps(side: UploadSide, policies: readonly NamedPolicy[], flavour: PolicyFlavour): string {
  const write = { aws: awsSteps, radosgw: radosgwSteps, minio: minioSteps }[flavour];
  const numbered = write(side, policies).map(({ title, lines }, index) => {
    return [`${index + 1}. ${title}`, ...lines.map((line) => (line === '' ? '' : `   ${line}`))].join('\n');
  });
  return `${numbered.join('\n\n')}\n`;
}
