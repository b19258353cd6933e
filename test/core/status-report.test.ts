import t from 'tap';
import { attentionGroups } from '../../src/core/attention-groups.ts';
import { HOUR_MS } from '../../src/core/duration.ts';
import { EMPTY_VAULT_STATE } from '../../src/core/mirror-state.ts';
import { recordAttention } from '../../src/core/record-attention.ts';
import type { StatusFacts } from '../../src/core/status-facts.ts';
import { buildStatus } from '../../src/core/status-report.ts';
import { matterOf } from '../support/matter-of.ts';
import { aged, damaged, GOOD, HELD, NOW_MS, PASSED, stale } from '../support/status-facts.ts';

t.test('archives of a series that the configuration no longer has are shown, and not judged', async (t) => {
  const report = buildStatus({ ...GOOD, counts: [...(GOOD.counts ?? []), aged('old', 900), aged(null, 900)] });
  t.equal(report.verdict, 'good');
  t.same(
    report.series.map(({ series, freshness }) => [series, freshness]),
    [
      ['files', 'fresh'],
      ['sql', 'fresh'],
      ['old', 'unknown'],
      [null, 'unknown'],
    ],
  );
});

t.test('a freeze of a series that nothing is in any more is shown: only the owner ends it', async (t) => {
  const freeze = { id: 1, vault: 'web', series: 'old', cause: 'owner', reason: 'moving', beganAtMs: NOW_MS } as const;
  const { series } = buildStatus({
    ...GOOD,
    freezes: [{ ...freeze, throughId: 9, extendedAtMs: null, knownEvent: 0, awaitsRelease: false }],
  });
  t.match(series.at(-1), { series: 'old', stored: 0, frozen: [{ cause: 'owner', why: 'moving' }] });
});

t.test('all archives of a cause are counted, however few are named; the time since when is kept', async (t) => {
  const matters = [matterOf([HELD], 9)];
  const [group] = buildStatus({ ...GOOD, attention: matters }).attention;
  t.match(group, { count: 9, archives: { length: 1 } });
  const first = recordAttention(PASSED, attentionGroups(matters, []), NOW_MS - HOUR_MS);
  t.match(first.attention, [{ text: '9 held: web/f/1, …' }]);
  t.match(recordAttention(first, attentionGroups([matterOf([HELD])], []), NOW_MS).attention, [
    { since: NOW_MS - HOUR_MS, text: '1 held: web/f/1' },
  ]);
  t.same(recordAttention(first, [], NOW_MS).attention, []);
});

t.test(
  'no good pass: the timer is named where none runs, the journal where they fail; other vaults are not blamed',
  async (t) => {
    const of = (change: Partial<StatusFacts>) => buildStatus({ ...GOOD, ...change });
    t.match(of({ state: stale(61, 61 * 24) }).stalePasses, {
      vaults: ['web'],
      since: '2026-09-20T12:00:00Z',
      next: /systemctl status pullmirror\.timer/,
    });
    t.match(of({ state: stale(61, 1) }).stalePasses, { next: /journalctl/ });
    t.equal(of({ state: stale(1, 1) }).stalePasses, null);
    const vaultsOfTwo = GOOD.config.vaults.flatMap((vault) => [vault, { ...vault, name: 'sql' }]);
    const config = { ...GOOD.config, vaults: vaultsOfTwo };
    const state = stale(3, 1);
    const vaults = { ...state.vaults, sql: { ...EMPTY_VAULT_STATE, lastGoodPassAt: NOW_MS } };
    t.match(of({ config, state: { ...state, vaults } }).summary, 'no pass over web without a problem for 3 days');
  },
);

t.test('a series whose archives are all damaged is not said to have none', async (t) => {
  const { series } = buildStatus({ ...GOOD, counts: [damaged('files'), aged('sql', 1)] });
  t.match(series[0], {
    freshness: 'empty',
    stored: 5,
    why: /^no archive on the disk counts: they are damaged, suspect, /,
  });
});

t.test('a series with too many archives to plan needs the owner', async (t) => {
  const report = buildStatus({ ...GOOD, crowded: [{ vault: 'web', series: 'files', archives: 125_001 }] });
  t.match(report, { verdict: 'needs-owner', summary: /1 crowded/, attention: [{ cause: 'crowded', next: /125001/ }] });
});
