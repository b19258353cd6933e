import fc from 'fast-check';
import { codePoint } from './code-point.ts';

/** Parts that have hurt somebody: traversal, our own names, marks of our grammar, terminals, shells, long names, Unicode twins. */
const NASTY_PARTS = [
  ...[
    '',
    '.',
    '..',
    '...',
    '-',
    '--',
    '*',
    '~',
    ' ',
    'a ',
    ' a',
    '\\',
    'a\\b',
    '%',
    '%%',
    '%d',
    '%f',
    '%2E',
    '%v-0123abcd',
  ],
  ...['.pullmirror', 'SHA256SUMS', 'SHA256SUMS%new', 'lost+found', 'store.json', 'a%d', 'a%f', 'a%v-0123abcd', 'a%~'],
  ...['\n', '\r', 'a\nb', '\u0000', '\u001b[2J', '\u007f', '\u0085', '\u2028', '\u202egpg.exe', '\u200b', '\ufeff'],
  ...[
    'caf\u00e9',
    'cafe\u0301',
    '\ud800',
    '\udfff',
    '\ud83d\ude00',
    'CON',
    'a:b',
    '$(reboot)',
    '`id`',
    '"',
    "'",
    '<b>',
  ],
  ...[
    'n'.repeat(255),
    'n'.repeat(256),
    'n'.repeat(300),
    `${'n'.repeat(254)}\u00e9`,
    '\u0001'.repeat(86),
    '\ud83d\ude00'.repeat(70),
  ],
];

/** One part of a key. Short alphabets make collisions and files that are also folders likely. */
const part = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'x') },
  { weight: 4, arbitrary: fc.constantFrom(...NASTY_PARTS) },
  { weight: 1, arbitrary: fc.string({ unit: codePoint, maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom('%', 'd', 'f', '2', 'E', '~', '-', 'v', '.'), maxLength: 8 }),
  },
);

/** An object key as an attacker would choose it. */
export const hostileKey = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
