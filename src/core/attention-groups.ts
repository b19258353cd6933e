import { type AttentionCause, type AttentionMatter, nextStep } from './attention.ts';
import type { Crowded } from './keep/crowded.ts';
import type { Freeze, FreezeCause } from './keep/freeze.ts';
import type { AttentionJson, FreezeJson } from './status-document.ts';
import { formatUtc } from './zoned-time.ts';

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

/** The matters in the order given, the most urgent first, with the next step of each; then the series that are frozen for a reason of their own, and those with too many archives. */
export function attentionGroups(
  matters: readonly AttentionMatter[],
  freezes: readonly Freeze[],
  crowded: readonly Crowded[] = [],
): AttentionJson[] {
  return [...archiveGroups(matters, freezes), ...crowdedGroup(crowded)];
}

function crowdedGroup(crowded: readonly Crowded[]): AttentionJson[] {
  if (crowded.length === 0) return [];
  const names = crowded.map(({ vault, series, archives }) => `${series} of ${vault} (${archives})`).join(', ');
  const next = `Find out who uploads so many archives: ${names}. If they are meant, split the series by \`match\`.`;
  return [{ cause: 'crowded', count: crowded.length, next, archives: [], frozen: [] }];
}

function archiveGroups(matters: readonly AttentionMatter[], freezes: readonly Freeze[]): AttentionJson[] {
  const archives = matters.map((matter) => groupOf(matter, freezes));
  const own = freezes.filter(({ cause, awaitsRelease }) => awaitsRelease || TOLD_BY[cause] === 'itself');
  if (own.length === 0) return archives;
  return [
    ...archives,
    { cause: 'frozen', count: own.length, next: nextOfFrozen(own), archives: [], frozen: own.map(freezeJson) },
  ];
}

/** Of doubts before that of a catalog made anew: that looks at no archive. */
function nextOfFrozen(frozen: readonly Freeze[]): string {
  const doubtful = frozen.filter(({ cause }) => cause !== 'rebuilt');
  if (doubtful.length > 0) {
    const causes = [...new Set(doubtful.map(({ cause }) => cause))];
    const commands = causes.map((cause) => {
      const of = new Set(doubtful.filter((one) => one.cause === cause).map(({ series }) => series));
      return `\`pullmirror release ${[...of].join(' ')} --cause ${cause}\``;
    });
    return `Look into it before you rely on the newest archives. If all is well: ${commands.join(', ')}.`;
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

function groupOf(
  { cause, count, newest, examples, series }: AttentionMatter,
  freezes: readonly Freeze[],
): AttentionJson {
  const names = new Set(series.map(nameOf));
  const frozen = freezes.filter((freeze) => TOLD_BY[freeze.cause].includes(cause) && names.has(nameOf(freeze)));
  return {
    cause,
    count,
    next: nextStep(cause, examples),
    archives: newest.map(({ archive: { id, vault, key }, why }) => ({ archiveId: id, vault, key, why })),
    frozen: frozen.map(freezeJson),
  };
}

function nameOf({ vault, series }: { readonly vault: string; readonly series: string | null }): string {
  return JSON.stringify([vault, series]);
}
