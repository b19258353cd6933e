import t from 'tap';
import type { ErrorCode } from '../../src/core/errors.ts';
import { passExitStatus, worstExit } from '../../src/core/exit-status.ts';
import type { PassReport, Problem } from '../../src/core/pass-report.ts';

const problem = (code: ErrorCode): Problem => ({ code, message: 'x', hint: 'y' });

function report(codes: { stopped?: ErrorCode; vault?: ErrorCode; failures?: ErrorCode[] }): PassReport {
  return {
    startedAtMs: 0,
    endedAtMs: 1,
    stopped: codes.stopped === undefined ? null : problem(codes.stopped),
    vaults: [
      {
        vault: 'web',
        requests: 1,
        listing: 'full',
        listed: 1,
        newArchives: 0,
        downloaded: 0,
        downloadedBytes: 0,
        adopted: 0,
        repaired: 0,
        quarantined: 0,
        failures: (codes.failures ?? []).map((code) => ({ key: 'k', ...problem(code) })),
        problem: codes.vault === undefined ? null : problem(codes.vault),
        clockOffsetMs: null,
      },
    ],
  };
}

const cases: [name: string, codes: Parameters<typeof report>[0], needsOwner: boolean, exit: number][] = [
  ['all well', {}, false, 0],
  ['a conflict', {}, true, 3],
  ['vault away', { vault: 'VAULT_UNREACHABLE' }, false, 75],
  ['vault away and a conflict', { vault: 'VAULT_UNREACHABLE' }, true, 3],
  ['a failed download', { failures: ['OBJECT_DENIED'] }, false, 1],
  ['a failed download, vault away', { failures: ['OBJECT_DENIED'], vault: 'VAULT_UNREACHABLE' }, false, 1],
  ['a failed download and a conflict', { failures: ['OBJECT_DENIED'] }, true, 3],
  ['a wrong key beats all', { vault: 'VAULT_WRONG_KEY', failures: ['OBJECT_DENIED'], stopped: 'STORE_FULL' }, true, 78],
  ['quarantined', { failures: ['VERIFICATION_FAILED'] }, false, 3],
  ['listing shrunk', { vault: 'VAULT_LISTING_SHRUNK' }, false, 3],
  ['a key with too many versions', { failures: ['VAULT_KEY_CROWDED'] }, false, 3],
  ['an object without a time', { failures: ['VAULT_TIME_UNREADABLE'] }, false, 3],
  ['disk full', { stopped: 'STORE_FULL' }, false, 75],
  ['interrupted', { stopped: 'INTERRUPTED' }, false, 75],
];

for (const [name, codes, needsOwner, exit] of cases) {
  t.test(name, async (t) => {
    t.equal(passExitStatus(report(codes), needsOwner), exit);
  });
}

t.test('the order of weight', async (t) => {
  t.equal(worstExit([]), 0);
  t.equal(worstExit([0, 75, 1]), 1);
  t.equal(worstExit([75, 1, 3, 78, 0]), 78);
});
