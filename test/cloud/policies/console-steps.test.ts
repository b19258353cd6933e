import t from 'tap';
import { consoleSteps } from '../../../src/cloud/policies/console-steps.ts';
import { namedPolicies } from '../../../src/cloud/policies/named-policies.ts';
import type { PolicyFlavour } from '../../../src/cloud/policies/policy-document.ts';
import { SIDE } from './example-side.ts';

const steps = (flavour: PolicyFlavour, side = SIDE) => consoleSteps(side, namedPolicies(side, flavour), flavour);

for (const flavour of ['aws', 'radosgw', 'minio'] as const) {
  t.test(`${flavour}: every policy is made from its file and reaches everybody who carries it`, async (t) => {
    const text = steps(flavour);
    for (const { name, forWhom } of namedPolicies(SIDE, flavour)) {
      t.ok(text.includes(`${name}.json`), `${name}.json`);
      for (const whom of forWhom) {
        t.ok(
          text.split('\n').some((line) => line.includes(whom) && line.includes(name)),
          `${name} for ${whom}`,
        );
      }
    }
    const numbers = text.split('\n').flatMap((line) => /^(\d+)\. /.exec(line)?.[1] ?? []);
    t.same(
      numbers.map(Number),
      [...numbers.keys()].map((index) => index + 1),
    );
    t.notMatch(text, /undefined|\[object/);
  });
}

t.test('AWS: policies before groups before users before keys; the buckets’ own policies last', async (t) => {
  const text = steps('aws');
  const order = [
    'Buckets',
    'Policies: IAM',
    'Groups: IAM',
    'Users: IAM',
    'Keys:',
    'role: IAM',
    'Policies of the buckets',
  ];
  const places = order.map((title) => text.indexOf(title));
  t.notOk(places.includes(-1));
  t.same(
    places,
    [...places].sort((a, b) => a - b),
  );
  t.match(text, /Default retention: Enable, Governance, 30 days/);
  t.match(text, 'backups-server-web2: group backups-writers-list, attach backups-server-web2-folder');
  t.match(text, 'backups-writers-delete: attach backups-list-buckets, backups-writers-delete');
  t.match(text, /If the site is hacked/, 'the warning about deleting');
  t.match(steps('aws', { ...SIDE, lock: { mode: 'COMPLIANCE', days: 7 } }), /Compliance, 7 days/);
});

t.test('the commands of radosgw and MinIO', async (t) => {
  t.match(
    steps('radosgw'),
    'iam put-user-policy --user-name backups-server-web1 --policy-name backups-writers-strict --policy-document file://backups-writers-strict.json',
  );
  t.match(steps('radosgw'), 's3api put-bucket-policy --bucket example-vault --policy file://backups-vault-bucket.json');
  t.match(
    steps('minio'),
    'mc admin group add cloud backups-writers-strict backups-server-web1 backups-server-akeeba\n',
  );
  t.match(steps('minio'), 'mc admin policy attach cloud backups-writers-strict --group backups-writers-strict\n');
  t.notMatch(steps('minio'), /put-bucket-policy|anonymous/);
});
