import t from 'tap';
import { setOf } from '../../../src/core/keep/set-of.ts';
import { compileMatch, matchKey } from '../../../src/core/series-match.ts';

function setIn(match: string, key: string): string | null {
  const pattern = compileMatch(match);
  if (!pattern.ok) throw new Error(pattern.problem);
  const found = matchKey(pattern.value, key);
  if (found === null) throw new Error(`${match} does not match ${key}`);
  return setOf(found, key);
}

t.test('parts of one archive have one set', async (t) => {
  const akeeba = 'web1/site-{name}.{part}';
  t.equal(setIn(akeeba, 'web1/site-2026.jpa'), 'web1/site-2026.{part}');
  t.equal(setIn(akeeba, 'web1/site-2026.j01'), setIn(akeeba, 'web1/site-2026.jpa'));
  t.not(setIn(akeeba, 'web1/site-2027.j01'), setIn(akeeba, 'web1/site-2026.j01'));
  t.equal(setIn('{date}/{part}.bin', '2026-11-20/01.bin'), '2026-11-20/{part}.bin');
  t.equal(setIn('a{part}', 'aa'), 'a{part}', 'the part, not what looks like it');
  t.equal(setIn('{date}.tar', '2026-11-20.tar'), null, 'one file is one archive');
});
