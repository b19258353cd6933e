import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { scratchFolder } from './scratch-folder.ts';
import { SimulatedClock, SimulatedMirror } from './simulated-mirror.ts';
import { calmWeather, SimulatedReader, SimulatedVault } from './simulated-vault.ts';

t.test('many archives of one key that fail at the same moment are all told, each with its evidence', async (t) => {
  const scratch = scratchFolder();
  t.teardown(scratch.remove);
  const clock = new SimulatedClock(Date.UTC(2026, 10, 21));
  const vault = new SimulatedVault({ versioned: true });
  for (let index = 0; index < 40; index += 1) {
    const body = Buffer.from(`what the vault promised ${index}`);
    vault.put({ key: 'web1/state.gpg', atMs: clock.nowMs - index * 1000, body, servedWrong: true });
  }
  const reader = new SimulatedReader('web', vault, calmWeather(clock));
  const mirror = new SimulatedMirror({
    folder: scratch.path,
    yaml: 'timezone: UTC\nvaults: [{ name: web, bucket: web-vault, region: eu-central-1 }]\n',
    readers: new Map([['web', reader]]),
    clock,
    random: () => 0.5,
  });
  t.teardown(() => mirror.restart());

  const { report } = await mirror.pass();
  t.equal(report.stopped, null);
  t.equal(report.vaults[0]?.failures.length, 40);
  for (const { code } of report.vaults[0]?.failures ?? []) t.equal(code, 'VERIFICATION_FAILED');
  const quarantined = mirror.opened.catalog.history.newest({ event: 'archive.quarantined' }, 200);
  t.equal(quarantined.length, 80, 'each was fetched twice');
  t.equal(
    readdirSync(join(mirror.storeDir, '.pullmirror/quarantine')).length,
    6,
    'three of a key are kept, with their reasons',
  );
});
