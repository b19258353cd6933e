import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { removeIfEmpty } from '../../src/store/found-file.ts';
import { runUnprivileged } from '../support/run-unprivileged.ts';

const modulePath = fileURLToPath(new URL('../../src/store/found-file.ts', import.meta.url));

t.test('an empty folder goes, a full one and one that this user may not remove stay', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'pullmirror-found-'));
  t.teardown(() => {
    chmodSync(root, 0o755);
    rmSync(root, { recursive: true });
  });
  for (const path of ['empty', 'full/inner', 'closed']) mkdirSync(join(root, path), { recursive: true });
  t.equal(removeIfEmpty(join(root, 'empty')), true);
  t.equal(removeIfEmpty(join(root, 'empty')), true, 'it is gone');
  t.equal(removeIfEmpty(join(root, 'full')), false);
  chmodSync(root, 0o555);
  const script = `
    const { removeIfEmpty } = await import(${JSON.stringify(modulePath)});
    process.stdout.write(String(removeIfEmpty(${JSON.stringify(join(root, 'closed'))})));`;
  const said = runUnprivileged(script, modulePath);
  t.ok(said === null || said === 'false', `nobody was told ${said}`);
  t.ok(existsSync(join(root, 'closed')));
});
