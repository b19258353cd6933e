import * as z from 'zod';
import { bytes, count, mistake, texts, v } from './schema-parts.ts';

const warning = mistake.extend({ code: z.string() });

const policyDocument = z.object({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.object({
      Sid: z.string(),
      Effect: z.enum(['Allow', 'Deny']),
      Principal: z.union([z.literal('*'), z.object({ AWS: texts })]).optional(),
      Action: texts.optional(),
      NotAction: texts.optional(),
      Resource: texts,
      Condition: z.record(z.string(), z.record(z.string(), texts)).optional(),
    }),
  ),
});

/** What `cloud check --json` prints. */
export const cloudCheckDocument = z.object({
  v,
  file: z.string(),
  valid: z.boolean(),
  mistakes: z.array(mistake),
  warnings: z.array(warning),
  maximumMonthlyCost: z
    .object({
      usd: z.number().nullable().meta({ description: 'Of storage in the vault; null: there is no maximum.' }),
      storedBytes: bytes.nullable(),
      keptDays: count.nullable(),
      why: z.string().nullable().meta({ description: 'Why there is no maximum.' }),
    })
    .nullable(),
});

/** What `cloud policies --json` prints. */
export const cloudPoliciesDocument = z.object({
  v,
  file: z.string(),
  for: z.enum(['aws', 'radosgw', 'minio']),
  policies: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['base', 'writer-level', 'writer-folder', 'mirror', 'promoter', 'inbox-bucket', 'vault-bucket']),
      carrier: z.enum(['group', 'user', 'role', 'bucket']),
      forWhom: texts.meta({ description: 'Names of those who carry it.' }),
      description: z.string(),
      document: policyDocument,
    }),
  ),
  files: z
    .array(z.object({ path: z.string(), state: z.enum(['written', 'unchanged']) }))
    .nullable()
    .meta({ description: 'What --out wrote; null without it.' }),
  warnings: z.array(warning),
});
