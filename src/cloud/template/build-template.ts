import { AppError } from '../../core/errors.ts';
import type { UploadSide } from '../description/upload-side.ts';
import { namedPolicies } from '../policies/named-policies.ts';
import { alarmResources, regionMapping } from './alarm-resources.ts';
import { bucketResources } from './bucket-resources.ts';
import { layOutJson } from './lay-out-json.ts';
import { principalResources } from './principal-resources.ts';
import { promoterResources } from './promoter-resources.ts';
import { ACCOUNT, type TemplateDocument } from './template-document.ts';
import { templateOutputs } from './template-outputs.ts';

/** What CreateStack takes as text (CloudFormation user guide, "Understand CloudFormation quotas"). */
export const TEMPLATE_LIMIT_BYTES = 51_200;

/** Template, section, resource. */
const RESOURCE_LEVEL = 2;
const LAYOUTS = [{ levels: Number.POSITIVE_INFINITY }, { levels: RESOURCE_LEVEL }];

export interface TemplateParts {
  readonly side: UploadSide;
  /** Text of the promoter's bundle (`readPromoterBundle`). */
  readonly promoterSource: string;
}

/**
 * The whole left half as one CloudFormation document, as JSON text: indented, or where that is too long with one resource a line.
 * The same description and bundle always give the same text.
 *
 * @throws AppError TEMPLATE_TOO_LARGE, and what `namedPolicies` throws
 */
export function buildTemplate({ side, promoterSource }: TemplateParts): string {
  const document = templateDocument({ side, promoterSource });
  const texts = LAYOUTS.map((layout) => `${layOutJson(document, layout)}\n`);
  const fitting = texts.find((text) => Buffer.byteLength(text) <= TEMPLATE_LIMIT_BYTES);
  if (fitting !== undefined) return fitting;
  throw tooLarge({ side, promoterSource });
}

function templateDocument({ side, promoterSource }: TemplateParts): TemplateDocument {
  const policies = namedPolicies(side, 'aws', ACCOUNT);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `pullmirror, upload side "${side.name}": servers write to ${side.inbox}, the promoter moves uploads to ${side.vault}, mirrors pull that.`,
    Metadata: {
      ReadMe: [
        'Made by `pullmirror cloud template`. Change the description and make it anew rather than changing it here.',
        'Each resource that needs a reason has one in its Metadata. There are no access keys here, and no secrets.',
        'Both buckets and their policies are kept when the stack, or they, are deleted. The lock of the vault cannot be turned off again.',
      ],
    },
    Mappings: regionMapping(side),
    Resources: {
      ...bucketResources(side, policies),
      ...principalResources(side, policies),
      ...promoterResources(side, promoterSource),
      ...alarmResources(side),
    },
    Outputs: templateOutputs(side),
  };
}

function tooLarge({ side, promoterSource }: TemplateParts): AppError {
  const bytes = leastSize(side, promoterSource);
  const parts = [
    [Buffer.byteLength(JSON.stringify(promoterSource)), 'the promoter’s code'],
    [bytes - leastSize({ ...side, servers: side.servers.slice(0, 1) }, promoterSource), 'servers but the first'],
    [bytes - leastSize({ ...side, mirrors: [] }, promoterSource), 'mirrors'],
  ] as const;
  const list = parts.map(([size, what]) => `${size} for ${what}`).join(', ');
  return new AppError(
    'TEMPLATE_TOO_LARGE',
    `${side.file}: the template has ${bytes} bytes, and CloudFormation takes ${TEMPLATE_LIMIT_BYTES}: ${list}.`,
  );
}

function leastSize(side: UploadSide, promoterSource: string): number {
  return Buffer.byteLength(layOutJson(templateDocument({ side, promoterSource }), { levels: RESOURCE_LEVEL })) + 1;
}
