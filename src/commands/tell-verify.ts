import { printableName } from '../core/printable.ts';
import { formatBytes } from '../core/size.ts';
import type { UnknownFiles } from '../jobs/find-unknown-files.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import type { VerifyReport } from '../jobs/verify-store.ts';
import type { Output } from './output.ts';
import { type Repairs, repairsJson, tellRepairs } from './tell-repairs.ts';
import { tellSome } from './tell-some.ts';

/** What verifying found, and what was repaired. */
export function tellVerify(
  report: VerifyReport,
  unknownFiles: UnknownFiles | null,
  repairs: Repairs | null,
  out: Output,
): void {
  const { checked, checkedBytes, damaged, recovered } = report;
  out.document({
    v: 1,
    checked,
    checkedBytes,
    recovered,
    unknownFiles,
    damagedCount: damaged.count,
    damaged: damaged.first.map(({ archive, kind, why }) => ({
      archiveId: archive.id,
      vault: archive.vault,
      key: archive.key,
      path: archive.path,
      kind,
      why,
    })),
    repair: repairs === null ? null : repairsJson(repairs),
  });
  const amount = `${checked} ${checked === 1 ? 'archive' : 'archives'}, ${formatBytes(checkedBytes)}`;
  if (unknownFiles !== null) tellUnknown(unknownFiles, out);
  if (recovered > 0) out.line(`${recovered} that were damaged before are right again.`);
  if (damaged.count === 0) {
    out.line(checked === 0 ? 'Nothing to hash again.' : `All right: ${amount} hashed again.`);
    if (repairs !== null) tellRepairs(repairs, out);
    return;
  }
  out.line(`${damaged.count} DAMAGED of ${amount}:`);
  tellSome(damaged, out, ({ archive, why }) => out.line(`  ${describeArchive(archive)} ${why}`));
  if (repairs !== null) {
    tellRepairs(repairs, out);
    return;
  }
  out.line('Next: the next sync repairs what the vault or the disk still has, `pullmirror verify --repair` at once;');
  out.line('until then do not rely on these copies. Look at `dmesg` for disk errors.');
}

function tellUnknown({ count, names }: UnknownFiles, out: Output): void {
  if (count === 0) return;
  const files = count === 1 ? 'file' : 'files';
  out.line(`${count} ${files} that pullmirror does not know, put there by something else; left as they are:`);
  for (const name of names) out.line(`  ${printableName(name)}`);
  if (count > names.length) out.line(`  … and ${count - names.length} more`);
}
