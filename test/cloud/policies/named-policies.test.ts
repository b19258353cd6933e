import t from 'tap';
import type { UploadSide } from '../../../src/cloud/description/upload-side.ts';
import { namedPolicies } from '../../../src/cloud/policies/named-policies.ts';
import { policyDocument } from '../../../src/cloud/policies/policy-document.ts';
import { POLICY_LIMITS, policySize, requirePolicyFits } from '../../../src/cloud/policies/policy-size.ts';
import { SIDE, server } from './example-side.ts';

const withServer = (more: Parameters<typeof server>[1]): UploadSide => ({ ...SIDE, servers: [server('x', more)] });
const kinds = (side: UploadSide) => namedPolicies(side, 'aws').map(({ name }) => name);

t.test('one policy for each who needs one, under names of the description', async (t) => {
  t.same(kinds(SIDE), [
    'backups-list-buckets',
    ...['backups-writers-strict', 'backups-writers-list', 'backups-writers-delete'],
    ...['web1', 'web2', 'web3', 'akeeba'].map((name) => `backups-server-${name}-folder`),
    ...['backups-mirrors-read-the-vault', 'backups-promoter', 'backups-inbox-bucket', 'backups-vault-bucket'],
  ]);
  const small = kinds({ ...withServer({ level: 'list' }), mirrors: [] });
  t.same(
    small.filter((name) => /writers|mirror/.test(name)),
    ['backups-writers-list'],
    'no level or mirror that nobody has',
  );
  const minio = namedPolicies(SIDE, 'minio');
  t.notOk(
    minio.some(({ carrier }) => carrier === 'bucket'),
    'MinIO would not obey them',
  );
  t.ok(namedPolicies(SIDE, 'radosgw').every(({ carrier }) => carrier === 'user' || carrier === 'bucket'));
});

t.test('names in a document: partition of the region, account where it is known', async (t) => {
  const text = JSON.stringify(namedPolicies({ ...SIDE, region: 'cn-north-1' }, 'aws', '123456789012'));
  t.match(text, 'arn:aws-cn:s3:::example-inbox/web1/*');
  t.match(text, 'arn:aws-cn:iam::123456789012:role/backups-promoter');
  t.notMatch(text, 'arn:aws:');
  t.match(JSON.stringify(namedPolicies({ ...SIDE, region: 'cn-north-1' }, 'minio')), 'arn:aws:s3:::example-inbox');
});

t.test('what would mean more than a folder is refused, should a description let it through', async (t) => {
  const bad = ['', '/', 'web1', '*/', 'web?/', `\${aws:username}/`, 'a$/'];
  for (const prefix of bad) {
    t.throws(() => namedPolicies(withServer({ prefix, level: 'list' }), 'aws'), { code: 'CONFIG_INVALID' }, prefix);
  }
  for (const names of [[''], [`\${aws:username}`], ['a$b']]) {
    t.throws(() => namedPolicies(withServer({ names }), 'aws'), { code: 'CONFIG_INVALID' }, names.join());
  }
  for (const bucket of ['', '*', 'in?box']) {
    t.throws(() => namedPolicies({ ...SIDE, inbox: bucket }, 'aws'), { code: 'CONFIG_INVALID' });
    t.throws(() => namedPolicies({ ...SIDE, vault: bucket }, 'aws'), { code: 'CONFIG_INVALID' });
  }
});

t.test('a policy that IAM would refuse for its size is refused here, with its size and the limit', async (t) => {
  const names = Array.from({ length: 90 }, (_, index) => `${'n'.repeat(40)}${index}*`);
  t.throws(() => namedPolicies(withServer({ names }), 'aws'), {
    code: 'POLICY_TOO_LARGE',
    message: /^The policy backups-server-x-folder has \d+ characters; a policy managed by IAM may have 6144\.$/,
  });
  t.doesNotThrow(() => namedPolicies(withServer({ names: names.slice(0, 50) }), 'aws'));
});

t.test('sizes: characters without white space, bytes for a bucket', async (t) => {
  const document = policyDocument([{ Sid: 'ä b', Effect: 'Allow', Action: ['s3:*'], Resource: ['*'] }]);
  const text = JSON.stringify(document);
  t.equal(policySize(document, 'managed'), text.length - 1);
  t.equal(policySize(document, 'bucket'), text.length + 1);
  for (const [home, limit] of Object.entries(POLICY_LIMITS)) {
    const filled = (size: number) =>
      policyDocument([{ Sid: 'x'.repeat(size), Effect: 'Allow', Action: [], Resource: [] }]);
    const rest = policySize(filled(0), 'managed');
    const fits = (size: number) =>
      requirePolicyFits({ name: 'p', document: filled(size) }, home as keyof typeof POLICY_LIMITS);
    t.doesNotThrow(() => fits(limit - rest), home);
    t.throws(() => fits(limit - rest + 1), { code: 'POLICY_TOO_LARGE' }, home);
  }
});

t.test('no document names an action or a condition that its server cannot read', async (t) => {
  const radosgw = JSON.stringify(namedPolicies(SIDE, 'radosgw').map(({ document }) => document));
  t.notMatch(
    radosgw,
    /NotAction|Attributes|Replicate|if-none-match|storage-class|customer-algorithm|PrincipalArn|Secure/,
  );
  const minio = JSON.stringify(namedPolicies(SIDE, 'minio').map(({ document }) => document));
  t.notMatch(minio, /x-amz-acl|x-amz-grant|PutObjectAcl|if-none-match|PrincipalArn|Secure|"Principal"/);
});
