import { type AttentionItem, nextStep } from '../core/attention.ts';
import type { FirstOfMany } from '../core/first-of-many.ts';
import type { GiveUpReport } from '../jobs/give-up-archives.ts';
import type { Resolution, ResolvedArchive } from '../jobs/resolve-archives.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Output } from './output.ts';
import { tellSome } from './tell-some.ts';

export type OpenItem = AttentionItem<ArchiveRow>;

const WORDS: Record<Resolution, string> = {
  accepted: 'back in the queue; the next sync downloads it',
  dropped: 'dropped; it is never downloaded',
  'conflict-acknowledged': 'conflict acknowledged; both versions are kept',
  'orphan-acknowledged': 'acknowledged as gone from the vault; the copy here is kept',
  'suspect-acknowledged': 'no longer suspect',
};

/** What needs the owner, and what he can do. */
export function tellOpen(open: FirstOfMany<OpenItem>, out: Output): void {
  out.document({
    v: 1,
    resolvedCount: 0,
    resolved: [],
    openCount: open.count,
    open: open.first.map(({ cause, archive, why }) => ({ ...aboutJson(archive), cause, why })),
    quarantine: [],
  });
  tellSome(open, out, ({ cause, archive, why }) => {
    out.line(`${describeArchive(archive)}: ${cause}: ${why}`);
    out.line(`  next: ${nextStep(cause, [archive])}`);
  });
}

/** What his word did. */
export function tellResolved(
  resolved: FirstOfMany<ResolvedArchive>,
  { givenUp, recovered }: GiveUpReport,
  out: Output,
): void {
  out.document({
    v: 1,
    resolvedCount: givenUp.count + recovered.count + resolved.count,
    resolved: [
      ...givenUp.first.map(({ archive }) => ({ ...aboutJson(archive), resolution: 'given-up' })),
      ...recovered.first.map((archive) => ({ ...aboutJson(archive), resolution: 'recovered' })),
      ...resolved.first.map(({ archive, resolution }) => ({ ...aboutJson(archive), resolution })),
    ],
    openCount: 0,
    open: [],
    quarantine: [],
  });
  tellSome(givenUp, out, ({ archive, quarantined }) => {
    const left =
      quarantined === null ? 'nothing was left of it' : `what was left of it is in quarantine: ${quarantined}`;
    out.line(`${describeArchive(archive)}: given up; ${left}`);
  });
  tellSome(recovered, out, (archive) => out.line(`${describeArchive(archive)}: its file is right again; it stays`));
  tellSome(resolved, out, ({ archive, resolution }) => out.line(`${describeArchive(archive)}: ${WORDS[resolution]}`));
}

function aboutJson({ id, vault, key }: ArchiveRow) {
  return { archiveId: id, vault, key };
}
