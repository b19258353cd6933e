import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../core/size.ts';
import type { Uploaded } from '../backup-server.ts';
import { holdsAll, lookIntoStore } from '../look-into-store.ts';
import type { Scene, Stage } from '../scene.ts';
import { uploadBackup } from '../upload-backup.ts';
import { VAULT } from '../upload-side-text.ts';

const LARGE_PHOTO_BYTES = 11_000_000;
const CUT_AFTER_BYTES = 8 * 1024 * 1024;
/** What the mirror may hold in memory, or have written but not yet noted down, when it is killed. */
const NOT_NOTED_BYTES = 3 * 1024 * 1024;

export const surviveTheLine: Scene = {
  title: 'The line is bad, and the power goes',
  async play(stage) {
    await flippedBit(stage);
    await powerCut(stage);
  },
};

async function flippedBit(stage: Stage): Promise<void> {
  const { tell, web2, line, storeDir, nowMs } = stage;
  const dump = await web2.site.backUpDatabase(nowMs);
  await uploadBackup(stage, web2, dump);
  tell.say(`This hour’s database of web2, ${dump.key}, is promoted. On its way home one bit of it turns over.`);
  line.spoilNext(pathOf(dump), { kind: 'flip', at: Math.floor(dump.body.length / 2) });
  await stage.pullmirror(['sync']);
  await stage.pullmirror(['history', '--key', dump.key, '--event', 'archive.remark']);
  const downloads = line.downloadsOf(pathOf(dump));
  const quarantined = readdirSync(join(storeDir, '.pullmirror', 'quarantine')).filter((name) => name.endsWith('.data'));
  tell.claim(
    downloads.length === 2 && quarantined.length === 1,
    'the bad download did not get its name: it lies in .pullmirror/quarantine',
  );
  tell.claim(
    holdsAll(lookIntoStore(stage), [dump]),
    'it was fetched once more, and what lies on the disk now is right (SHA-256)',
  );
}

async function powerCut(stage: Stage): Promise<void> {
  const { tell, web2, line, storeDir, nowMs } = stage;
  const large = await web2.site.backUpFiles(nowMs, LARGE_PHOTO_BYTES);
  await uploadBackup(stage, web2, large);
  const size = formatBytes(large.body.length);
  tell.say(
    '',
    `Today’s site of web2, ${large.key}, has a large new photo: ${size}. In the middle of it the power goes (kill -9).`,
  );
  line.spoilNext(pathOf(large), { kind: 'stall', after: CUT_AFTER_BYTES });
  const partialDir = join(storeDir, '.pullmirror', 'partial');
  await stage.pullmirror(['sync'], {
    exit: null,
    killWhen: () => bytesIn(partialDir) >= CUT_AFTER_BYTES - NOT_NOTED_BYTES,
  });
  const kept = bytesIn(partialDir);
  tell.claim(
    kept > 0 && lookIntoStore(stage).every(({ path }) => path !== large.key),
    `nothing bears its name yet; ${formatBytes(kept)} of it wait in .pullmirror/partial`,
  );

  await stage.pullmirror(['sync']);
  const [before, ...after] = line.downloadsOf(pathOf(large));
  const served = [before, ...after].reduce((sum, download) => sum + (download?.bytes ?? 0), 0);
  const resumedAt = after.map(({ range }) => Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0));
  tell.claim(
    // The block that was being written when the power went is not noted, and comes again.
    after.length > 0 && resumedAt.every((start) => start >= CUT_AFTER_BYTES / 2),
    `it went on where it had stopped: ${formatBytes(served)} crossed the line for ${size}`,
  );
  tell.claim(holdsAll(lookIntoStore(stage), [large]), 'and the file is right (SHA-256)');
}

function pathOf({ key }: Uploaded): string {
  return `/${VAULT}/${key}`;
}

function bytesIn(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + (name.endsWith('.part') ? statSync(join(dir, name)).size : 0), 0);
}
