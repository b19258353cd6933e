import t from 'tap';
import { maximumMonthlyCost } from '../../../src/cloud/description/maximum-monthly-cost.ts';

const GIB = 1024 ** 3;
const server = (...rules: [becomes: string, gib: number][]) => ({
  rules: rules.map(([becomes, gib]) => ({ becomes, maxSizeBytes: gib * GIB })),
});

t.test('one archive a day, one an hour, in every server; days kept times the price', async (t) => {
  const lifecycle = { archive: null, expireDays: 97 };
  // 10 GiB a day for 97 + 3 days at 0.023.
  t.strictSame(maximumMonthlyCost({ servers: [server(['{date}.tar', 10])], lifecycle }), {
    bounded: true,
    usd: 23,
    storedBytes: 1000 * GIB,
    keptDays: 100,
  });
  t.match(maximumMonthlyCost({ servers: [server(['{date}.{hour}.sql', 10])], lifecycle }), { usd: 24 * 23 });
  // 10, 24 and 5 GiB a day.
  const two = [server(['{date}.tar', 10], ['{date}.{hour}.sql', 1]), server(['{date}', 5])];
  t.match(maximumMonthlyCost({ servers: two, lifecycle }), { usd: 89.7 });
});

t.test('what is archived costs less, from the day after', async (t) => {
  const bounds = (after: number) => ({
    servers: [server(['{date}.tar', 1])],
    lifecycle: { archive: { storageClass: 'GLACIER_IR' as const, afterDays: after }, expireDays: 97 },
  });
  t.match(maximumMonthlyCost(bounds(59)), { usd: Math.ceil((60 * 0.023 + 40 * 0.004) * 100) / 100 });
  t.match(maximumMonthlyCost(bounds(0)), { usd: Math.ceil((0.023 + 99 * 0.004) * 100) / 100 });
  t.match(maximumMonthlyCost(bounds(365)), { usd: 2.3 }, 'never moved');
});

t.test('without an end, or with names of the server’s choice, there is no maximum', async (t) => {
  const servers = [server(['{date}.tar', 1])];
  t.match(maximumMonthlyCost({ servers, lifecycle: { archive: null, expireDays: null } }), {
    bounded: false,
    why: /lifecycle\.expire/,
  });
  for (const becomes of ['{date}.{name}', '{date}.{part}']) {
    const open = { servers: [...servers, server([becomes, 1])], lifecycle: { archive: null, expireDays: 10 } };
    t.match(maximumMonthlyCost(open), { bounded: false, why: /choose names/ });
  }
});
