import t from 'tap';
import { Narrator } from '../../src/demo/narrator.ts';

function narrator(styled: boolean) {
  const lines: string[] = [];
  const out = { line: (text = '') => void lines.push(text), raw: (text: string) => void lines.push(text.trimEnd()) };
  return { tell: new Narrator({ out, styled }), lines };
}

t.test('a claim that is not so ends the story, and is not printed', async (t) => {
  const { tell, lines } = narrator(false);
  tell.claim(true, 'this is so');
  t.throws(() => tell.claim(false, 'this is not'), { code: 'INTERNAL', message: /not so: this is not/ });
  t.same(lines, ['  ✓ this is so']);
  t.equal(tell.claims, 1);
});

t.test('plain without a terminal; on one styled, and what a stranger wrote still harmless', async (t) => {
  const plain = narrator(false);
  plain.tell.output('a\nb');
  t.same(plain.lines, ['    a', '    b']);
  const styled = narrator(true);
  styled.tell.output('red \x1b[31m');
  t.same(styled.lines, ['\x1b[2m    red \\x1b[31m\x1b[0m']);
});
