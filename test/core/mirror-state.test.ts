import t from 'tap';
import { EMPTY_STATE, formatState, parseState, recordPass } from '../../src/core/mirror-state.ts';
import type { PassReport, VaultReport } from '../../src/core/pass-report.ts';

const VAULT: VaultReport = {
  vault: 'web',
  requests: 2,
  listing: 'full',
  listed: 10,
  newArchives: 1,
  downloaded: 1,
  downloadedBytes: 5,
  adopted: 0,
  repaired: 0,
  quarantined: 0,
  failures: [],
  problem: null,
  clockOffsetMs: 0,
};
const AT = Date.UTC(2026, 10, 21, 10);
const pass = (vault: Partial<VaultReport>, stopped: PassReport['stopped'] = null): PassReport => ({
  startedAtMs: AT - 1000,
  endedAtMs: AT,
  vaults: [{ ...VAULT, ...vault }],
  stopped,
});
const PROBLEM = { code: 'VAULT_DENIED', message: 'denied', hint: 'ask' } as const;

t.test('times are RFC 3339 in the file and milliseconds in the program', async (t) => {
  const state = recordPass(EMPTY_STATE, pass({}), 'id-1');
  const text = formatState(state);
  t.match(JSON.parse(text), { storeId: 'id-1', lastPass: { endedAt: '2026-11-21T10:00:00.000Z' } });
  t.same(parseState(text), { ok: true, state });
});

t.test('a good pass', async (t) => {
  const { vaults, lastPass } = recordPass(EMPTY_STATE, pass({}), 'id-1');
  t.same(lastPass, { startedAt: AT - 1000, endedAt: AT, stopped: null });
  t.match(vaults.web, { lastPassAt: AT, lastPassOk: true, lastGoodPassAt: AT, lastFullListingAt: AT, lastError: null });
});

t.test('a bad pass keeps what the good one told', async (t) => {
  const good = recordPass(EMPTY_STATE, pass({}), 'id-1');
  const later = { ...pass({ problem: PROBLEM, listing: 'failed' }), endedAtMs: AT + 5 };
  const { vaults, storeId } = recordPass(good, later, null);
  t.equal(storeId, 'id-1', 'the disk is away, the store is still known');
  t.match(vaults.web, { lastPassAt: AT + 5, lastPassOk: false, lastGoodPassAt: AT, lastFullListingAt: AT });
  t.match(vaults.web?.lastError, { ...PROBLEM, at: AT + 5 });
});

t.test('what stopped the pass, or one archive that failed, is no good pass', async (t) => {
  const stopped = { code: 'STORE_FULL', message: 'full', hint: 'free' } as const;
  t.match(recordPass(EMPTY_STATE, pass({}, stopped), null), {
    lastPass: { stopped },
    vaults: { web: { lastPassOk: false, lastGoodPassAt: null } },
  });
  const failed = recordPass(EMPTY_STATE, pass({ failures: [{ ...PROBLEM, key: 'a' }] }), null);
  t.match(failed.vaults.web, { lastPassOk: false, lastError: { code: 'VAULT_DENIED' } });
});

t.test('a full disk or a key that is left out does not hide what failed', async (t) => {
  const full = { code: 'STORE_FULL', message: 'full', hint: 'free' } as const;
  const leftOut = { code: 'VAULT_KEY_CROWDED', message: 'crowded', hint: 'look', key: 'b' } as const;
  const failed = { code: 'VERIFICATION_FAILED', message: 'differs', hint: 'look', key: 'a' } as const;
  for (const vault of [{ problem: full, failures: [failed] }, { failures: [leftOut, failed] }]) {
    t.equal(recordPass(EMPTY_STATE, pass(vault), null).vaults.web?.lastError?.code, 'VERIFICATION_FAILED');
  }
  const harmless = recordPass(EMPTY_STATE, pass({ problem: full, failures: [leftOut] }), null);
  t.equal(harmless.vaults.web?.lastError?.code, 'STORE_FULL');
});

t.test('a key that cannot be listed is told until a full listing finds it no more', async (t) => {
  const key = { code: 'VAULT_KEY_CROWDED', message: 'too many', hint: 'look', key: 'k' } as const;
  let state = recordPass(EMPTY_STATE, pass({ failures: [key] }), null);
  t.match(state.vaults.web, { lastPassOk: false, lastError: { code: 'VAULT_KEY_CROWDED', at: AT } });
  state = recordPass(state, { ...pass({ listing: 'ordinary' }), endedAtMs: AT + 1 }, null);
  t.match(state.vaults.web, { lastPassOk: false, lastGoodPassAt: null, lastError: { message: 'too many', at: AT } });
  state = recordPass(state, pass({ problem: PROBLEM, listing: 'failed' }), null);
  t.match(state.vaults.web, { lastError: { code: 'VAULT_DENIED' } }, 'what is worse comes first');
  state = recordPass(state, pass({ listing: 'ordinary' }), null);
  t.match(state.vaults.web, { lastError: { code: 'VAULT_KEY_CROWDED' } });
  state = recordPass(state, pass({}), null);
  t.match(state.vaults.web, { lastPassOk: true, lastGoodPassAt: AT, lastError: null });
});

t.test('keys of a later release are kept on every level', async (t) => {
  const future = { v: 1, new: [1], vaults: { web: { colour: 'blue' }, gone: {} }, attention: [] };
  const parsed = parseState(JSON.stringify(future));
  t.equal(parsed.ok, true);
  if (!parsed.ok) return;
  const text = formatState(recordPass(parsed.state, pass({}), null));
  t.match(JSON.parse(text), { new: [1], vaults: { web: { colour: 'blue', lastPassOk: true }, gone: {} } });
});

t.test('garbage is told apart', async (t) => {
  for (const text of ['', '{', 'null', '[]', '{"v":2}', '{"v":1,"vaults":{"web":{"lastPassAt":5}}}']) {
    const parsed = parseState(text);
    t.equal(parsed.ok, false, text);
  }
  t.same(parseState('{"v":1}'), { ok: true, state: EMPTY_STATE });
});
