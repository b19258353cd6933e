import * as fc from 'fast-check';
import t from 'tap';
import { maximumMonthlyCost } from '../../../src/cloud/description/maximum-monthly-cost.ts';
import { ruleShape, shapesOverlap, wildcardShape } from '../../../src/cloud/description/name-overlap.ts';
import { checkUploadSide } from '../../../src/cloud/description/parse-upload-side.ts';
import { promoterSettingsOf } from '../../../src/cloud/description/promoter-settings-of.ts';
import type { UploadSide } from '../../../src/cloud/description/upload-side.ts';
import { namedPolicies } from '../../../src/cloud/policies/named-policies.ts';
import { principalNames } from '../../../src/cloud/policies/principal-names.ts';
import { compileMatch } from '../../../src/core/match-pattern.ts';
import { matchKey } from '../../../src/core/series-match.ts';
import { compileRule } from '../../../src/promoter/compile-rule.ts';
import { uploadSideText } from '../../support/upload-side-text.ts';

// What a careless or fooled owner could copy into a description: whatever is accepted must be harmless in policies and in the promoter.

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'A',
    'web1',
    '/',
    '/',
    '..',
    '.',
    '*',
    '?',
    '$' + '{',
    '}',
    '{name}',
    '{date}',
    '\\',
    ' ',
    '\n',
    '\0',
    'ä',
    '%2F',
  ],
);
const hostileText = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
const folder = fc
  .array(fc.constantFrom('a', 'b', 'A', 'ab', 'web1'), { minLength: 1, maxLength: 3 })
  .map((parts) => `${parts.join('/')}/`);
const prefix = fc.oneof({ arbitrary: hostileText, weight: 1 }, { arbitrary: folder, weight: 6 });
const name = fc.oneof(
  { arbitrary: fc.constantFrom('..', '-'), weight: 1 },
  { arbitrary: hostileText, weight: 1 },
  { arbitrary: fc.constantFrom('a', 'A', 'b', 'ab', 'a.b', 'a-b', 'web1', 'c', 'd'), weight: 12 },
);
const servers = fc.array(fc.record({ name, prefix }, { requiredKeys: ['name'] }), { minLength: 1, maxLength: 3 });

/** What is accepted must be obeyed by the others who read it, whose own refusals are a last resort. */
function requireObeyed(side: UploadSide): void {
  for (const server of promoterSettingsOf(side).servers) for (const rule of server.rules) compileRule(server, rule);
  for (const flavour of ['aws', 'radosgw', 'minio'] as const) {
    const names = namedPolicies(side, flavour).map(({ name: policy }) => policy.toLowerCase());
    if (new Set(names).size < names.length) throw new Error(`one name for two policies: ${names.join(' ')}`);
  }
}

t.test('the longest names that are accepted are obeyed, too', async (t) => {
  const prefix = `${'+'.repeat(199)}/`;
  const promote = [
    { upload: `${'='.repeat(186)}{name}.{part}`, becomes: `${'@'.repeat(179)}{date}.{name}.{part}` },
    { upload: '@'.repeat(200), becomes: `{date}.{hour}${'-'.repeat(187)}` },
  ];
  const name = 'n'.repeat(32);
  const text = uploadSideText({ name: 'p'.repeat(20), servers: [{ name, prefix, promote }], mirrors: [{ name }] });
  const check = checkUploadSide({ text, file: 'x' });
  if (!check.ok) throw new Error(JSON.stringify(check.mistakes));
  t.doesNotThrow(() => requireObeyed(check.side));
  for (const user of [
    ...check.side.servers.map((one) => principalNames.writer(check.side, one)),
    ...check.side.mirrors.map((one) => principalNames.mirror(check.side, one)),
    principalNames.promoter(check.side),
    principalNames.deadLetters(check.side),
  ]) {
    t.ok(user.length <= 64, `${user.length} characters: ${user}`);
  }
});

t.test('accepted folders are folders, apart from each other, and mean nothing but themselves', async (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(servers, (written) => {
      const check = checkUploadSide({ text: uploadSideText({ servers: written }), file: 'x' });
      if (!check.ok) return;
      if (written.length > 1) accepted += 1;
      const found = check.side.servers;
      for (const [index, { prefix: own, name: user }] of found.entries()) {
        if (!/^(?!\.{1,2}\/)[\w.+=@,-]+\/((?!\.{1,2}\/)[\w.+=@,-]+\/)*$/.test(own))
          throw new Error(`the folder ${own}`);
        if (!/^[A-Za-z0-9][\w.-]*$/.test(user)) throw new Error(`the name ${user}`);
        for (const other of found.slice(index + 1)) {
          if (own.startsWith(other.prefix) || other.prefix.startsWith(own)) throw new Error(`${own}, ${other.prefix}`);
          if (user.toLowerCase() === other.name.toLowerCase()) throw new Error(`${user} twice`);
        }
      }
      requireObeyed(check.side);
    }),
    { numRuns: 800 },
  );
  t.ok(accepted > 40, `${accepted} with several servers were accepted`);
});

const token = fc.constantFrom('{date}', '{hour}', '{name}', '{part}', 'a', '1', '.', '-', '2026-11-21', 'sql', 'b');
const vaultName = fc.array(token, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
const rule = fc.oneof(
  {
    arbitrary: fc.record({
      upload: fc.oneof(vaultName, hostileText),
      becomes: fc.oneof(vaultName, hostileText),
    }),
    weight: 1,
  },
  // A rule that is good by itself: an upload of its own that lets the server choose what the name in the vault takes up.
  {
    arbitrary: fc.tuple(fc.nat(99), vaultName).map(([number, tail]) => {
      const becomes = `{date}.${tail}`;
      const chosen = [...new Set(becomes.match(/\{(?:name|part)\}/g))];
      return { upload: [`upload-${number}`, ...chosen].join('.'), becomes };
    }),
    weight: 9,
  },
);
const rules = fc.array(rule, { minLength: 1, maxLength: 3 });
/** Names that uploads of a hacked server could lead to. */
const vaultKey = fc
  .array(fc.constantFrom('2026-11-21', '02', '02b', 'a', '1', '.', '-', 'sql', 'b'), { minLength: 1, maxLength: 4 })
  .map((pieces) => `2026-11-21.${pieces.join('')}`);

t.test('no name in the vault belongs to two accepted rules, and each has a date', async (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(rules, fc.array(vaultKey, { maxLength: 20 }), (promote, keys) => {
      const check = checkUploadSide({ text: uploadSideText({ servers: [{ name: 'w', promote }] }), file: 'x' });
      if (!check.ok) return;
      const found = check.side.servers.flatMap((server) => server.rules);
      if (found.length > 1) accepted += 1;
      const patterns = found.map(({ becomes }) => compileMatch(becomes));
      for (const { becomes } of found) if (!becomes.includes('{date}')) throw new Error(becomes);
      for (const key of keys) {
        const owners = patterns.filter((pattern) => pattern.ok && matchKey(pattern.value, key) !== null);
        if (owners.length > 1)
          throw new Error(`${key} belongs to ${found.map(({ becomes }) => becomes).join(' and ')}`);
      }
      if (found.some(({ becomes }) => /\{name\}|\{part\}/.test(becomes)) && maximumMonthlyCost(check.side).bounded) {
        throw new Error('a maximum for names without number');
      }
      requireObeyed(check.side);
    }),
    { numRuns: 800 },
  );
  t.ok(accepted > 20, `${accepted} with several rules were accepted`);
});

const dated = vaultName.map((tail) => `{date}.${tail}`);

t.test('two names overlap whenever a key fits both', async (t) => {
  let both = 0;
  fc.assert(
    fc.property(dated, dated, fc.array(vaultKey, { maxLength: 30 }), (a, b, keys) => {
      const [first, second] = [compileMatch(a), compileMatch(b)];
      if (!first.ok || !second.ok) return;
      const shared = keys.find((key) => matchKey(first.value, key) !== null && matchKey(second.value, key) !== null);
      if (shared === undefined) return;
      both += 1;
      if (!shapesOverlap(ruleShape(a), ruleShape(b))) throw new Error(`${shared} fits ${a} and ${b}`);
    }),
    { numRuns: 10_000 },
  );
  t.ok(both > 10, `${both} pairs share a key`);
});

t.test('overlaps by example', async (t) => {
  const cases: [string, string, boolean][] = [
    ['{date}.tar', '{date}.tar', true],
    ['{date}.tar', '{date}.{hour}.tar', false],
    ['{date}.{hour}', '{date}.02b', true],
    ['{date}.{hour}.sql.gz', '{date}.{name}.gz', true],
    ['{date}.{hour}.sql.gz', '{date}.{part}.gz', false],
    ['{name}', '{date}', true],
    ['{part}', '{date}', false],
    ['a/{name}', 'b/{name}', false],
  ];
  for (const [a, b, overlap] of cases) {
    t.equal(shapesOverlap(ruleShape(a), ruleShape(b)), overlap, `${a} and ${b}`);
    t.equal(shapesOverlap(ruleShape(b), ruleShape(a)), overlap, `${b} and ${a}`);
  }
  const wildcards: [string, string, boolean][] = [
    ['*', 'a/b.gpg', true],
    ['*.gpg', 'a/b.gpg', true],
    ['?.gpg', 'ab.gpg', false],
    ['*.zip', 'site-{name}', true],
    ['*.zip', '{name}.gpg', false],
    ['a*c?', 'abcd', true],
  ];
  for (const [pattern, name, overlap] of wildcards) {
    t.equal(shapesOverlap(wildcardShape(pattern), ruleShape(name)), overlap, `${pattern} and ${name}`);
  }
});
