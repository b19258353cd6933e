import { ATTENTION_CAUSES, type AttentionCause, type AttentionItem, nextStep } from './attention.ts';
import type { Crowded } from './keep/crowded.ts';
import type { Freeze, FreezeCause } from './keep/freeze.ts';
import type { AttentionJson, FreezeJson } from './status-document.ts';
import { formatUtc } from './zoned-time.ts';

/** So many archives of one cause are named; the rest are counted. */
const NAMED_PER_CAUSE = 5;

/**
 * What is told of a freeze: the owner made it, and knows; it is a matter of its own; or it follows from an archive that is told of anyway, or from
 * what the vault listed, of which the pass tells. One root cause is one alarm.
 */
const TOLD_BY: Record<FreezeCause, 'nobody' | 'itself' | readonly AttentionCause[]> = {
  owner: 'nobody',
  rebuilt: 'itself',
  sizes: 'itself',
  bulk: 'itself',
  failed: ['damaged', 'unavailable'],
  conflict: ['conflict'],
  suspect: ['suspect'],
  shrunk: ['orphan'],
};

/** Groups by cause, the most urgent first, with the next step of each; then the series that are frozen for a reason of their own, and those with too many archives. */
export function attentionGroups(
  items: readonly AttentionItem[],
  freezes: readonly Freeze[],
  crowded: readonly Crowded[] = [],
): AttentionJson[] {
  return [...archiveGroups(items, freezes), ...crowdedGroup(crowded)];
}

function crowdedGroup(crowded: readonly Crowded[]): AttentionJson[] {
  if (crowded.length === 0) return [];
  const names = crowded.map(({ vault, series, archives }) => `${series} of ${vault} (${archives})`).join(', ');
  const next = `Find out who uploads so many archives: ${names}. If they are meant, split the series by \`match\`.`;
  return [{ cause: 'crowded', count: crowded.length, next, archives: [], frozen: [] }];
}

function archiveGroups(items: readonly AttentionItem[], freezes: readonly Freeze[]): AttentionJson[] {
  const archives = ATTENTION_CAUSES.flatMap((cause) =>
    groupOf(
      cause,
      items.filter((item) => item.cause === cause),
      freezes,
    ),
  );
  const own = freezes.filter(({ cause }) => TOLD_BY[cause] === 'itself');
  if (own.length === 0) return archives;
  return [
    ...archives,
    { cause: 'frozen', count: own.length, next: nextOfFrozen(own), archives: [], frozen: own.map(freezeJson) },
  ];
}

/** Of doubts before that of a catalog made anew: that looks at no archive. */
function nextOfFrozen(frozen: readonly Freeze[]): string {
  const doubtful = frozen.find(({ cause }) => cause !== 'rebuilt');
  if (doubtful !== undefined) {
    return `Look into it before you rely on the newest archives. If all is well: \`pullmirror release ${doubtful.series} --cause ${doubtful.cause}\`.`;
  }
  const names = [...new Set(frozen.map(({ series }) => series))].join(' ');
  return `Pin again what must stay (\`pullmirror pin\`). Then let the keep rules decide again: \`pullmirror release ${names} --cause rebuilt\`.`;
}

/** `2 orphans`, `2 held`. */
export function countWords({ cause, count }: Pick<AttentionJson, 'cause' | 'count'>): string {
  const isNoun = cause === 'orphan' || cause === 'conflict';
  return `${count} ${cause}${isNoun && count > 1 ? 's' : ''}`;
}

export function freezeJson({ vault, series, cause, reason, beganAtMs }: Freeze): FreezeJson {
  return { vault, series, cause, since: formatUtc(beganAtMs), why: reason };
}

function groupOf(cause: AttentionCause, own: readonly AttentionItem[], freezes: readonly Freeze[]): AttentionJson[] {
  if (own.length === 0) return [];
  const archives = own
    .slice(0, NAMED_PER_CAUSE)
    .map(({ archive: { id, vault, key }, why }) => ({ archiveId: id, vault, key, why }));
  const series = new Set(own.map(({ archive }) => nameOf(archive)));
  const frozen = freezes.filter((freeze) => TOLD_BY[freeze.cause].includes(cause) && series.has(nameOf(freeze)));
  return [
    {
      cause,
      count: own.length,
      next: nextStep(
        cause,
        own.map(({ archive }) => archive),
      ),
      archives,
      frozen: frozen.map(freezeJson),
    },
  ];
}

function nameOf({ vault, series }: { readonly vault: string; readonly series: string | null }): string {
  return JSON.stringify([vault, series]);
}
