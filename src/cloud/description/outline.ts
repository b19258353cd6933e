import * as z from 'zod';
import {
  archiveShape,
  DEFAULT_RULES,
  lifecycleShape,
  lockShape,
  mirrorShape,
  ruleShape,
  serverShape,
  topShape,
} from './schema.ts';
import { defaultPrefix } from './to-upload-side.ts';

/**
 * The description as far as it can be read, so that settings are compared with each other while others are still wrong, and all mistakes
 * come in one run. null: written, but wrong, which the schema says.
 */
export interface Outline {
  readonly inbox: string | null;
  readonly vault: string | null;
  readonly servers: readonly ServerOutline[];
  readonly mirrors: readonly { readonly name: string | null; readonly mayBeAway: number | null }[];
  readonly lock: {
    readonly mode: 'governance' | 'compliance' | null;
    readonly days: number | null;
    /** undefined: not written. */
    readonly maxMonthlyCost?: number | null | undefined;
  };
  readonly lifecycle: {
    readonly archive?:
      | {
          readonly class: 'STANDARD_IA' | 'GLACIER_IR' | 'GLACIER' | 'DEEP_ARCHIVE' | null;
          readonly after: number | null;
        }
      | undefined;
    /** undefined: never. */
    readonly expire?: number | null | undefined;
  };
}

export interface ServerOutline {
  readonly name: string | null;
  readonly prefix: string | null;
  readonly rules: readonly RuleOutline[];
  readonly names: readonly string[];
}

export interface RuleOutline {
  readonly upload: string | null;
  readonly becomes: string | null;
  readonly minSize: number | null;
  readonly maxSize: number | null;
}

const ruleOutline = z
  .object({
    upload: ruleShape.upload.nullable().catch(null),
    becomes: ruleShape.becomes.nullable().catch(null),
    minSize: ruleShape.minSize.nullable().catch(null),
    maxSize: ruleShape.maxSize.nullable().catch(null),
  })
  .catch({ upload: null, becomes: null, minSize: null, maxSize: null });

const serverOutline = z
  .object({
    name: serverShape.name.nullable().catch(null),
    prefix: serverShape.prefix.nullable().catch(null),
    promote: z
      .array(ruleOutline)
      .prefault([...DEFAULT_RULES])
      .catch([]),
    names: serverShape.names.catch([]),
  })
  .catch({ name: null, prefix: null, promote: [], names: [] });

const mirrorOutline = z
  .object({ name: mirrorShape.name.nullable().catch(null), mayBeAway: mirrorShape.mayBeAway.nullable().catch(null) })
  .catch({ name: null, mayBeAway: null });

const lockOutline = z
  .object({
    mode: lockShape.mode.nullable().catch(null),
    days: lockShape.days.nullable().catch(null),
    maxMonthlyCost: lockShape.maxMonthlyCost.nullable().catch(null),
  })
  .prefault({})
  .catch({ mode: null, days: null, maxMonthlyCost: null });

const archiveOutline = z
  .object({ class: archiveShape.class.nullable().catch(null), after: archiveShape.after.nullable().catch(null) })
  .optional()
  .catch({ class: null, after: null });

const lifecycleOutline = z
  .object({ archive: archiveOutline, expire: lifecycleShape.expire.nullable().catch(null) })
  .prefault({})
  .catch({ archive: { class: null, after: null }, expire: null });

const fileOutline = z
  .object({
    inbox: topShape.inbox.nullable().catch(null),
    vault: topShape.vault.nullable().catch(null),
    servers: z.array(serverOutline).catch([]),
    mirrors: z.array(mirrorOutline).prefault([]).catch([]),
    lock: lockOutline,
    lifecycle: lifecycleOutline,
  })
  .transform((file): Outline => ({ ...file, servers: file.servers.map(toServer) }));

/** null when it is no description at all, which the schema says. */
export function readOutline(value: unknown): Outline | null {
  return fileOutline.safeParse(value).data ?? null;
}

function toServer({ name, prefix, promote, names }: z.output<typeof serverOutline>): ServerOutline {
  const folder = prefix === undefined ? (name === null ? null : defaultPrefix(name)) : prefix;
  return { name, prefix: folder, rules: promote, names };
}
