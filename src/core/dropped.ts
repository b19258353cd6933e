import type { ArchiveState } from './archive.ts';
import { waitsForRoom } from './hold-decision.ts';

/** Begins the reason of archives that the owner decided to do without; they were never here. */
export const DROPPED = 'dropped by the owner';
/** Begins the reason of archives that were here, and that nobody could repair. */
export const GIVEN_UP = 'given up by the owner';

interface DecidedRow {
  readonly id: number;
  readonly state: ArchiveState;
  readonly reason: string | null;
  readonly goneAtMs: number | null;
}

/** Did the owner decide to do without it? */
export function isDropped({ state, reason }: Pick<DecidedRow, 'state' | 'reason'>): boolean {
  return state === 'pruned' && reason?.startsWith(DROPPED) === true;
}

/** Was it damaged and lost, and did the owner take note of that? */
export function isGivenUp({ state, reason }: Pick<DecidedRow, 'state' | 'reason'>): boolean {
  return state === 'pruned' && reason?.startsWith(GIVEN_UP) === true;
}

/** May the owner still have what he dropped? Whether the vault lists it by now shows with the next pass. */
export function canBeTakenBack(row: DecidedRow): boolean {
  return isDropped(row) && row.goneAtMs === null;
}

/** How things are with an archive about which nothing has to be decided, and what could be done all the same. */
export function describeState(row: DecidedRow): { readonly words: string; readonly next: string | null } {
  const { id, state, reason } = row;
  switch (state) {
    case 'stored':
      return { words: 'it is on the disk; nothing needs you', next: null };
    case 'wanted':
      return { words: 'it waits for download; nothing needs you', next: null };
    case 'unwanted':
      return { words: 'it is not downloaded: the keep rules would remove it at once', next: pinIt(id) };
    case 'held':
    case 'unavailable':
      return {
        words: reason ?? 'it waits',
        next: waitsForRoom(row)
          ? `It comes when there is room: \`pullmirror prune\` with fewer archives by your keep rules, \`store.whenFull: thin\`, or a larger disk. To do without it: \`pullmirror resolve --archive ${id} --drop\`.`
          : null,
      };
    case 'removing':
      return { words: `it is being removed: ${reason ?? 'the keep rules do not want it'}`, next: null };
    case 'pruned':
      if (isGivenUp(row)) return { words: reason ?? GIVEN_UP, next: null };
      if (!isDropped(row)) return { words: `it was removed: ${reason ?? 'by the keep rules'}`, next: null };
      return canBeTakenBack(row)
        ? {
            words: reason ?? DROPPED,
            next: `To have it all the same: \`pullmirror resolve --archive ${id} --accept\`.`,
          }
        : { words: `${reason ?? DROPPED}; the vault no longer has it`, next: null };
  }
}

/** The advice for what the keep rules do not want. */
export function pinIt(id: number): string {
  return `To have it all the same: \`pullmirror pin --archive ${id} --reason …\`; the next sync downloads it.`;
}
