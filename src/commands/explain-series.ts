import { describeReason, describeReasons } from '../core/keep/describe-reason.ts';
import { printableJson, printableName } from '../core/printable.ts';
import type { PruneExplanationJson } from '../core/prune-document.ts';
import { formatLocal, formatUtc } from '../core/zoned-time.ts';
import type { JudgedSeries } from '../jobs/judge-retention.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { Output } from './output.ts';

/** So many lines between two looks at whether the reader keeps up. */
const PER_DRAIN = 200;

const WORDS: Record<PruneExplanationJson['decision'], string> = {
  kept: 'kept',
  remove: 'REMOVE',
  wanted: 'wanted',
  'not-wanted': 'not wanted',
};

/** Says of each archive of a series what is decided and why, newest first. Returns how many there were. */
export async function explainSeries(
  judged: JudgedSeries,
  catalog: Catalog,
  timezone: string,
  out: Output,
  isFirst: boolean,
): Promise<number> {
  const { series, entries, plan, planned } = judged;
  const notWanted = new Uint8Array(entries.length);
  for (const position of plan.notWanted) notWanted[position] = 1;
  let count = 0;
  let position = -1;
  out.line(`${series.name}, archive by archive:`);
  for (const { id } of entries) {
    position += 1;
    const row = catalog.archives.byId(id);
    if (row === null) continue;
    const removal = planned.of(position);
    const kept = plan.reasonsAt(position) ?? [];
    const explanation: PruneExplanationJson = {
      archiveId: row.id,
      vault: series.vault,
      key: row.key,
      series: series.name,
      lastModified: formatUtc(row.lastModifiedMs),
      sizeBytes: row.sizeBytes,
      decision: removal === null ? decisionOf(row, notWanted[position] === 1) : 'remove',
      reasons: removal === null ? kept.map(describeReason) : [removal.reason],
    };
    if (out.json) out.raw(`${isFirst && count === 0 ? '' : ','}\n${printableJson(explanation)}`);
    else {
      const words = removal === null ? describeReasons(kept) : [removal.reason];
      out.line(explanationLine(row, explanation.decision, words, timezone));
    }
    count += 1;
    if (count % PER_DRAIN === 0) await out.drained();
  }
  out.line();
  return count;
}

function decisionOf({ state, acceptedAtMs }: ArchiveRow, isNotWanted: boolean): PruneExplanationJson['decision'] {
  if (state === 'stored') return 'kept';
  return isNotWanted && acceptedAtMs === null ? 'not-wanted' : 'wanted';
}

function explanationLine(
  row: ArchiveRow,
  decision: PruneExplanationJson['decision'],
  reasons: readonly string[],
  timezone: string,
): string {
  const why = reasons.length === 0 ? 'the keep rules would remove it at once' : reasons.join('; ');
  const time = formatLocal(row.lastModifiedMs, timezone);
  return `  ${WORDS[decision].padEnd(10)}  ${time}  ${printableName(row.key)} (archive ${row.id}): ${why}`;
}
