import { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import { HARMLESS } from './harmless-problems.ts';
import type { PassReport, Problem, VaultReport } from './pass-report.ts';
import { CLOCK_TOLERANCE_MS } from './trusted-now.ts';

/** Milliseconds since 1970 UTC in the program, RFC 3339 UTC in the file. */
const Time = z.codec(z.iso.datetime(), z.number(), {
  decode: (text) => Date.parse(text),
  encode: (atMs) => new Date(atMs).toISOString(),
});

const LastError = z.looseObject({ code: z.string(), message: z.string(), hint: z.string(), at: Time });

const VaultState = z.looseObject({
  lastPassAt: Time.nullable().default(null),
  lastPassOk: z.boolean().nullable().default(null),
  /** End of the last pass without any problem: what freshness is measured from while the disk is away. */
  lastGoodPassAt: Time.nullable().default(null),
  /** End of the last pass, good or not, in which the vault's clock and this machine's told the same time: that one is certainly past. */
  lastAgreedAt: Time.nullable().default(null),
  lastFullListingAt: Time.nullable().default(null),
  /** How the vault can be listed, as far as it is known ('versions', 'objects'). */
  listingMode: z.string().nullable().default(null),
  lastError: LastError.nullable().default(null),
  /** The first key that the last full listing had to leave out, or null: no less left out because ordinary listings do not come by. */
  leftOut: LastError.nullable().default(null),
});

const MirrorState = z.looseObject({
  v: z.literal(1),
  /** The store that was used last: tells "the disk is away" from "there never was one". */
  storeId: z.string().nullable().default(null),
  lastPass: z.looseObject({ startedAt: Time, endedAt: Time, stopped: LastError.nullable() }).nullable().default(null),
  /** When the pass began that has not told yet how it ended: it runs, or nothing of it was left to tell. */
  passBegan: Time.nullable().default(null),
  /** When catalog and files of the store `storeId` were last looked at as a whole. */
  lastSelfCheckAt: Time.nullable().default(null),
  vaults: z.record(z.string(), VaultState).default({}),
  /** Matters that the owner was told about and that are open: `id` names the matter, so that it is raised once. */
  attention: z.array(z.looseObject({ id: z.string(), text: z.string(), since: Time })).default([]),
});

/**
 * What must be known while the disk is away; the content of state.json. Keys that this release does not know are kept, so that a later release finds
 * its own again.
 */
export type MirrorState = z.output<typeof MirrorState>;
export type VaultState = z.output<typeof VaultState>;

export const EMPTY_STATE: MirrorState = {
  v: 1,
  storeId: null,
  lastPass: null,
  passBegan: null,
  lastSelfCheckAt: null,
  vaults: {},
  attention: [],
};

export const EMPTY_VAULT_STATE: VaultState = {
  lastPassAt: null,
  lastPassOk: null,
  lastGoodPassAt: null,
  lastAgreedAt: null,
  lastFullListingAt: null,
  listingMode: null,
  lastError: null,
  leftOut: null,
};

export type ParsedState =
  | { readonly ok: true; readonly state: MirrorState }
  | { readonly ok: false; readonly problem: string };

/** Reads the text of state.json. */
export function parseState(text: string): ParsedState {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, problem: `it is no JSON: ${error.message}` };
    throw error;
  }
  const result = MirrorState.safeParse(json);
  if (result.success) return { ok: true, state: result.data };
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'content'}: ${message}`);
  return { ok: false, problem: problems.join('; ') };
}

export function formatState(state: MirrorState): string {
  return `${JSON.stringify(z.encode(MirrorState, state), null, 2)}\n`;
}

/** The state after a pass over the store `storeId` (null: the disk was away, the known one stays). */
export function recordPass(state: MirrorState, report: PassReport, storeId: string | null): MirrorState {
  const { startedAtMs, endedAtMs, stopped } = report;
  const vaults = { ...state.vaults };
  for (const vault of report.vaults) {
    vaults[vault.vault] = recordVault(vaults[vault.vault] ?? EMPTY_VAULT_STATE, vault, report);
  }
  const lastPass = {
    startedAt: startedAtMs,
    endedAt: endedAtMs,
    stopped: stopped === null ? null : lastError(stopped, endedAtMs),
  };
  return { ...state, storeId: storeId ?? state.storeId, lastPass, passBegan: null, vaults };
}

/**
 * The state while a pass runs. One before it that a power cut, the kernel or an exhausted heap ended could not tell so: it is told now, and stays so when
 * this one ends likewise. Only for whom holds the store: no other pass can be under way.
 */
export function beginPass(state: MirrorState, nowMs: number): MirrorState {
  const { passBegan } = state;
  if (passBegan === null) return { ...state, passBegan: nowMs };
  const report = { startedAtMs: passBegan, endedAtMs: passBegan, vaults: [], stopped: CUT_OFF };
  return { ...recordPass(state, report, null), passBegan: nowMs };
}

const CUT_OFF: Problem = {
  code: 'INTERRUPTED',
  message: 'the pass was cut off and could not tell why: power was lost, or its process was killed or broke down',
  hint: 'If that happens again: `journalctl -u pullmirror` shows its last words, `dmesg` whether memory ran out.',
};

function recordVault(before: VaultState, vault: VaultReport, { endedAtMs, stopped }: PassReport): VaultState {
  const found = vault.failures.find(({ code }) => LEFT_OUT.has(code)) ?? null;
  const leftOut = found === null ? (vault.listing === 'full' ? null : before.leftOut) : lastError(found, endedAtMs);
  const problems = [vault.problem, stopped, ...vault.failures].filter((one) => one !== null);
  // What is harmless does not hide what is not: that is no time to remove anything.
  const problem = problems.find(({ code }) => !HARMLESS.has(code)) ?? problems[0] ?? null;
  const error = problem === null ? leftOut : lastError(problem, endedAtMs);
  const isAgreed = vault.clockOffsetMs !== null && Math.abs(vault.clockOffsetMs) <= CLOCK_TOLERANCE_MS;
  return {
    ...before,
    lastPassAt: endedAtMs,
    lastPassOk: error === null,
    lastGoodPassAt: error === null ? endedAtMs : before.lastGoodPassAt,
    lastAgreedAt: isAgreed ? endedAtMs : before.lastAgreedAt,
    lastFullListingAt: vault.listing === 'full' ? endedAtMs : before.lastFullListingAt,
    lastError: error,
    leftOut,
  };
}

/** What a listing could not take in; `failures` names it. */
const LEFT_OUT: ReadonlySet<ErrorCode> = new Set([
  'VAULT_KEY_CROWDED',
  'VAULT_KEY_UNREADABLE',
  'VAULT_TIME_UNREADABLE',
]);

function lastError({ code, message, hint }: Problem, at: number): NonNullable<VaultState['lastError']> {
  return { code, message, hint, at };
}
