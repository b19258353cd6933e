import { printableName } from '../core/printable.ts';
import type { AttentionJson } from '../core/status-document.ts';
import type { Output } from './output.ts';

const WORDS: Record<AttentionJson['cause'], string> = {
  damaged: 'DAMAGED on the disk',
  conflict: 'CONFLICT, the key was known with other content',
  suspect: 'SUSPECT, transferred right but doubtful',
  orphan: 'GONE from the vault, kept here',
  unavailable: 'NOT AVAILABLE for download',
  held: 'HELD until you accept it',
  frozen: 'FROZEN, nothing of these series is removed',
  crowded: 'TOO MANY ARCHIVES in a series, nothing of it is removed',
};

/** The list of what needs the owner, for people: by cause, with the next step of each. */
export function tellAttention(groups: readonly AttentionJson[], out: Output): void {
  for (const { cause, count, next, archives, frozen } of groups) {
    out.line();
    out.line(`${WORDS[cause]}: ${count}`);
    for (const { archiveId, vault, key, why } of archives)
      out.line(`  ${vault}/${printableName(key)} (archive ${archiveId}): ${why}`);
    if (archives.length > 0 && count > archives.length) out.line(`  … and ${count - archives.length} more`);
    if (cause === 'frozen') for (const { series, why } of frozen) out.line(`  ${series}: ${why}`);
    else if (frozen.length > 0) {
      const names = [...new Set(frozen.map(({ series }) => series))].join(', ');
      out.line(`  until then nothing is removed of ${names}`);
    }
    out.line(`  next: ${next}`);
  }
}
