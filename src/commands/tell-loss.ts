import type { Config } from '../core/config/config.ts';
import { formatLocal } from '../core/zoned-time.ts';
import type { AdoptionNote } from '../store/adoption-note.ts';
import type { ReplacedCatalog } from '../store/replace-catalog.ts';
import type { Output } from './output.ts';

/** What the owner no longer has when a catalog is made anew. */
export function tellLoss({ from, copyMadeAtMs }: AdoptionNote, { timezone }: Config, out: Output): void {
  if (from === 'itself') {
    out.line('Nothing that it knows is lost: pins, freezes and history stay, and every file is looked at again.');
    return;
  }
  if (copyMadeAtMs !== null) {
    const at = formatLocal(copyMadeAtMs, timezone);
    out.line(`The copy of the catalog of ${at} takes its place. Pins, history and what was pruned are as of then.`);
    return;
  }
  out.line('There is no copy of the catalog that could be used. LOST with it are:');
  out.line('  - pins: pin again what must never be removed;');
  out.line(
    '  - freezes: every series is frozen instead. Look at it, then let its rules work again: `pullmirror release NAME --cause rebuilt`;',
  );
  out.line('  - what was pruned or dropped: what the keep rules do not want is not fetched again, the rest is;');
  out.line('  - the history, and what you have acknowledged.');
}

/** What could not be used of what was there to make the catalog good from. */
export function tellReplaced({ badCopy, unreadableLists }: Omit<ReplacedCatalog, 'note'>, out: Output): void {
  for (const vault of unreadableLists) {
    out.line(
      `The disk does not give back SHA256SUMS of ${vault}: it lies there too. Nothing vouches for what that vault has lost, and the list is written anew.`,
    );
  }
  if (badCopy !== null) out.line(`Its copy cannot be used: ${badCopy.why}. It is here now: ${badCopy.path}`);
}
