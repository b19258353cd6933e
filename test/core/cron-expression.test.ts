import fc from 'fast-check';
import { validate } from 'node-cron';
import t from 'tap';
import { parseCron } from '../../src/core/cron-expression.ts';

t.test('what people write is read', async (t) => {
  for (const text of [
    '*/15 * * * *',
    '0 3 * * *',
    '7,37 * * * *',
    '0 9-17 * * mon-fri',
    '0 0 1 jan *',
    '5 4 * * 7',
    '*/5 0-6/2 1,15 * *',
    '30 * * * * *',
    '@hourly',
    '@daily',
    '0 0 29 2 *',
    '0 0 31 * *',
    ' 0  3 * * * ',
  ]) {
    t.ok(parseCron(text).ok, text);
    t.ok(validate(text), `${text}: node-cron agrees`);
  }
});

t.test('what is not cron is refused', async (t) => {
  for (const text of [
    '',
    '* * * *',
    '* * * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * 32 * *',
    '* * * 13 *',
    '* * * * 8',
    '*/0 * * * *',
    '5-1 * * * *',
    '5/2 * * * *',
    'a * * * *',
    '1, * * * *',
    '* * * * mon-',
    '@never',
    '@reboot',
    '0 0 31 2 *',
    '0 0 30 feb *',
    '0 0 31 apr,jun *',
    '-1 * * * *',
    '1.5 * * * *',
    'every 15 minutes',
    '*-5 * * * *',
    '*\n* * * *',
  ]) {
    t.equal(parseCron(text).ok, false, text);
  }
});

t.test('property: node-cron takes all that is accepted here', async (t) => {
  const number = fc.integer({ min: 0, max: 61 }).map(String);
  const atom = fc.oneof(
    fc.constant('*'),
    number,
    fc.tuple(number, number).map((ends) => ends.join('-')),
    fc.constantFrom('mon', 'Feb', 'sun-wed', 'jan-MAR', '05', '?', 'L'),
  );
  const stepped = fc
    .tuple(atom, fc.option(fc.integer({ min: 0, max: 70 })))
    .map(([item, step]) => (step === null ? item : `${item}/${step}`));
  const field = fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 2, arbitrary: stepped },
    { weight: 1, arbitrary: fc.array(stepped, { minLength: 2, maxLength: 3 }).map((items) => items.join(',')) },
  );
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(field, { minLength: 5, maxLength: 6 }), (fields) => {
      const text = fields.join(' ');
      if (!parseCron(text).ok) return true;
      accepted += 1;
      return validate(text);
    }),
    { numRuns: 5000 },
  );
  t.ok(accepted > 300, `${accepted} accepted`);
});
