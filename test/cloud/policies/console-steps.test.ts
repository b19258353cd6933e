import { execFileSync } from 'node:child_process';
import t from 'tap';
import type { UploadSide } from '../../../src/cloud/description/upload-side.ts';
import { consoleSteps } from '../../../src/cloud/policies/console-steps.ts';
import { lifecycleRules } from '../../../src/cloud/policies/lifecycle-rules.ts';
import { namedPolicies } from '../../../src/cloud/policies/named-policies.ts';
import type { PolicyFlavour } from '../../../src/cloud/policies/policy-document.ts';
import { buildTemplate } from '../../../src/cloud/template/build-template.ts';
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
    'its log and its queue',
    'The promoter: Lambda',
    'What calls it',
    'Who is told',
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

const AGEING: UploadSide = {
  ...SIDE,
  lifecycle: { inboxExpireDays: 21, archive: { storageClass: 'GLACIER_IR', afterDays: 60 }, expireDays: 400 },
};

t.test('lifecycle: the clicks and the commands', async (t) => {
  const aws = steps('aws', AGEING);
  for (const words of [
    'example-inbox: remove-parts-of-unfinished-uploads: Delete incomplete multipart uploads: 2 days',
    'example-inbox: remove-leftovers: Expire current versions of objects: 21 days; Permanently delete noncurrent versions of objects: 21 days',
    'example-vault: cheaper-class-for-older-archives: Transition current versions of objects between storage classes: Glacier Instant Retrieval, 60 days',
    'example-vault: remove-old-archives: Expire current versions of objects: 400 days; Permanently delete noncurrent versions of objects: 1 days',
    'example-vault: remove-lone-delete-markers: Delete expired object delete markers',
  ])
    t.ok(aws.includes(words), words);
  t.notMatch(steps('aws'), 'example-vault: remove-old', 'nothing ever expires');
  const [, written = ''] =
    /--bucket example-vault --lifecycle-configuration '(.*)'/.exec(steps('radosgw', AGEING)) ?? [];
  t.same(
    JSON.parse(written).Rules,
    lifecycleRules(AGEING).vault.filter(({ Transitions }) => !Transitions),
    'an archive class is AWS’s alone',
  );
  t.match(steps('minio', AGEING), 'mc ilm rule add --expire-days 400 --noncurrent-expire-days 1 cloud/example-vault\n');
  t.match(steps('minio', AGEING), 'mc ilm rule add --expire-delete-marker cloud/example-inbox\n');
  t.notMatch(steps('minio'), /mc ilm rule add .*example-vault/);
});

t.test('AWS: the promoter by hand is the template’s', async (t) => {
  const text = steps('aws', { ...SIDE, notifyEmail: 'you@example.org' });
  for (const words of [
    'log group: /aws/lambda/backups-promoter, retention 180 days',
    'backups-promoter-failed, message retention 14 days',
    'Function name backups-promoter, runtime Node.js 24.x, architecture arm64,',
    'memory 512 MB, timeout 15 min 0 sec',
    'maximum age of event 6 h, retry attempts 2',
    'bucket example-inbox, all object create events',
    'backups-promoter-sweep, schedule expression cron(23 10 * * ? *)',
    'backups-alarms; Create subscription > Email: you@example.org',
    'backups-left-in-inbox: pullmirror > LeftInInbox (Inbox example-inbox, there after the first sweep), Maximum of 60 minutes,',
    'backups-sweep-missing: pullmirror > LeftInInbox',
  ])
    t.ok(text.includes(words), words);
  t.equal(text.match(/missing data: /g)?.length, 5, 'every alarm');
  const command = /node -e '(.*)' > index\.js/.exec(text)?.[1] ?? '';
  const promoterSource = 'module.exports={createHandler:()=>1};';
  const dir = t.testdir({ 'template.json': buildTemplate({ side: SIDE, promoterSource }) });
  const code = execFileSync(process.execPath, ['-e', command], { cwd: dir, encoding: 'utf8' });
  t.ok(code.startsWith(promoterSource), 'the printed command gets the code out of the template');
});
