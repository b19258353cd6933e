import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../core/errors.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

export const REASON_SUFFIX = '.reason.json';

/** 'download': it came from the vault and failed verification. 'store': it lay at an archive's path and was not what had been verified. */
const ORIGINS = ['download', 'store'] as const;
export type QuarantineOrigin = (typeof ORIGINS)[number];

const Reason = z.object({
  v: z.literal(1),
  origin: z.enum(ORIGINS).default('download'),
  vault: z.string(),
  key: z.string(),
  versionId: z.string().nullable(),
  etag: z.string(),
  why: z.string(),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
  /** Of the quarantined bytes, lower-case hex; null where they were not hashed. */
  sha256: z.string().nullable().default(null),
  /** RFC 3339, UTC. */
  at: z.string(),
});

/** What was wrong with it. */
export interface QuarantineFailure {
  readonly why: string;
  readonly expected: string | null;
  readonly actual: string | null;
  /** Of the quarantined bytes, lower-case hex; null where they were not hashed. */
  readonly sha256: string | null;
}

/** The content of `<name>.reason.json`. */
export type QuarantineReason = Readonly<z.infer<typeof Reason>>;

/** Writes `<name>.reason.json`, durably. Throws the filesystem's own errors. */
export async function writeReason(
  folder: string,
  name: string,
  {
    row,
    origin,
    failure,
    atMs,
  }: { row: ArchiveRow; origin: QuarantineOrigin; failure: QuarantineFailure; atMs: number },
): Promise<void> {
  const { vault, key, versionId, etag } = row;
  const { why, expected, actual, sha256 } = failure;
  const at = new Date(atMs).toISOString();
  const reason: QuarantineReason = {
    v: 1,
    origin,
    vault,
    key,
    versionId,
    etag,
    why,
    expected,
    actual,
    sha256,
    at,
  };
  await saveReason(folder, name, reason);
}

/** The quarantined bytes were hashed by now. Changes no reason that has a SHA-256, and makes none. Throws the filesystem's own errors. */
export async function recordContent(folder: string, name: string, sha256: string): Promise<void> {
  const reason = await readReason(folder, name);
  if (reason !== null && reason.sha256 === null) await saveReason(folder, name, { ...reason, sha256 });
}

async function saveReason(folder: string, name: string, reason: QuarantineReason): Promise<void> {
  const path = join(folder, name + REASON_SUFFIX);
  const pieces = [`${JSON.stringify(reason, null, 2)}\n`];
  await writeFileAtomically({ path, temporaryPath: `${path}.new`, mode: 0o640, pieces });
}

/** null when it is missing or cannot be understood. */
export async function readReason(folder: string, name: string): Promise<QuarantineReason | null> {
  try {
    return Reason.safeParse(JSON.parse(await readFile(join(folder, name + REASON_SUFFIX), 'utf8'))).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
