import t from 'tap';
import { KeepEntryTable } from '../../../src/core/keep/keep-entry-table.ts';
import { at, question, verified } from './keep-fixture.ts';

const TIME = at('2026-11-20T12:00:00Z');

t.test('a table gives back what was put in', async (t) => {
  const entries = [
    verified(2 ** 40, TIME, { nameTimeMs: 0, sizeBytes: 2 ** 45 }),
    verified(2, TIME + 1, { state: 'doubtful', set: 'a' }),
    verified(3, TIME + 2, { state: 'wanted', pinned: true, set: 'b' }),
    verified(4, TIME + 3, { state: 'blocked', frozen: true, set: 'a' }),
    verified(5, TIME + 4, { torn: true, unsound: true, pinned: true, frozen: true, set: 'a' }),
  ];
  const table = KeepEntryTable.of(question(entries, null).entries);
  t.strictSame([...table], entries);
  t.strictSame(
    [-1, 0, 4, 5].map((position) => table.at(position)?.id),
    [undefined, 2 ** 40, 5, undefined],
  );
  t.equal(table.length, 5);
  t.equal(table.setCount, 2);
  t.equal(KeepEntryTable.of(table), table, 'a table is taken as it is');
});

t.test('what does not fit is a defect, and not left out', async (t) => {
  const table = new KeepEntryTable(1);
  table.add(verified(1, TIME));
  t.throws(() => table.add(verified(2, TIME)), RangeError);
});
