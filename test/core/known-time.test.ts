import t from 'tap';
import { DAY_MS } from '../../src/core/duration.ts';
import { isDoubtful, knownPastMs } from '../../src/core/known-time.ts';
import { beginPass, EMPTY_STATE, recordPass } from '../../src/core/mirror-state.ts';
import type { VaultReport } from '../../src/core/pass-report.ts';
import { quietReport } from '../support/pass-report.ts';

const NOW = Date.UTC(2026, 10, 22);
const IN_2038 = Date.UTC(2038, 0, 19);
const UNREACHABLE = { code: 'VAULT_UNREACHABLE', message: 'no route', hint: 'wait' } as const;
const FAILED = { code: 'VERIFICATION_FAILED', message: 'two differ', hint: 'look', key: 'a' } as const;

const passAt = (atMs: number, vault: Partial<VaultReport>) => ({
  startedAtMs: atMs,
  endedAtMs: atMs,
  vaults: [quietReport('web', vault)],
  stopped: null,
});

t.test('a time that no vault agreed with is none that is known to be past', async (t) => {
  const good = recordPass(EMPTY_STATE, passAt(NOW, {}), 'id-1');
  t.equal(knownPastMs(good, null), NOW);
  const offline = { listing: 'failed', problem: UNREACHABLE, clockOffsetMs: null } as const;
  const skewed = { clockOffsetMs: NOW - IN_2038 };
  for (const vault of [offline, skewed]) {
    const jumped = recordPass(good, passAt(IN_2038, { problem: UNREACHABLE, ...vault }), 'id-1');
    t.equal(knownPastMs(jumped, null), NOW);
    t.equal(knownPastMs(jumped, NOW + DAY_MS), NOW + DAY_MS);
  }
  const cutOff = beginPass(beginPass(good, IN_2038), IN_2038 + 1);
  t.equal(knownPastMs(cutOff, null), NOW);
  t.equal(knownPastMs(recordPass(EMPTY_STATE, passAt(IN_2038, offline), 'id-1'), null), null);
});

t.test('a mirror of which no pass is good knows the time all the same', async (t) => {
  const yearsOfTrouble = recordPass(
    recordPass(EMPTY_STATE, passAt(NOW - 900 * DAY_MS, {}), 'id-1'),
    passAt(NOW, { failures: [FAILED] }),
    'id-1',
  );
  t.equal(knownPastMs(yearsOfTrouble, null), NOW);
  t.notOk(isDoubtful(NOW + DAY_MS, knownPastMs(yearsOfTrouble, null)));
});
