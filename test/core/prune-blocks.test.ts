import t from 'tap';
import { EMPTY_STATE, EMPTY_VAULT_STATE, type MirrorState } from '../../src/core/mirror-state.ts';
import { pruneBlocks } from '../../src/core/prune-blocks.ts';

const STORE = 'store-1';
const after = (code: string | null): MirrorState => ({
  ...EMPTY_STATE,
  storeId: STORE,
  vaults: {
    web: {
      ...EMPTY_VAULT_STATE,
      lastPassOk: code === null,
      lastError: code === null ? null : { code, message: 'what was wrong', hint: 'do something', at: 0 },
    },
  },
});
const blockOf = (state: MirrorState) => pruneBlocks(state, [{ name: 'web' }], STORE).get('web') ?? null;

t.test('a pass without errors lets pruning go on', async (t) => t.equal(blockOf(after(null)), null));

t.test('a problem that nobody has looked at does not', async (t) => {
  for (const code of ['VAULT_LISTING_SHRUNK', 'VAULT_LISTING_EMPTY', 'VAULT_UNREACHABLE', 'OBJECT_DENIED']) {
    t.match(blockOf(after(code)), { why: /what was wrong/, problem: { code } }, code);
  }
  t.match(blockOf(after('OF_A_LATER_RELEASE')), { problem: { code: 'INTERNAL' } });
});

t.test('a full disk, or what cannot be mirrored, does not end pruning', async (t) => {
  for (const code of ['STORE_FULL', 'VAULT_KEY_CROWDED', 'VAULT_KEY_UNREADABLE', 'VAULT_TIME_UNREADABLE'])
    t.equal(blockOf(after(code)), null, code);
});

t.test('no pass yet, or one over another store', async (t) => {
  t.match(blockOf(EMPTY_STATE), { why: /no pass over this store/, problem: null });
  t.match(blockOf({ ...after(null), storeId: 'another' }), { why: /no pass over this store/ });
});
