import * as fc from 'fast-check';
import t from 'tap';
import type { UploadSide } from '../../../src/cloud/description/upload-side.ts';
import { namedPolicies } from '../../../src/cloud/policies/named-policies.ts';
import { buildTemplate, TEMPLATE_LIMIT_BYTES } from '../../../src/cloud/template/build-template.ts';
import { readPromoterBundle } from '../../../src/cloud/template/read-promoter-bundle.ts';
import type { Resource, TemplateDocument } from '../../../src/cloud/template/template-document.ts';
import { isAppError } from '../../../src/core/errors.ts';
import { ROOT_DIR } from '../../support/root-dir.ts';
import { uploadSideOf } from '../../support/upload-side-text.ts';
import { SIDE } from '../policies/example-side.ts';
import { GROWN_SIDE, STACK_SIDE } from './stack-side.ts';
import { cycleIn, dependenciesOf, referencesIn } from './template-graph.ts';

const promoterSource = await readPromoterBundle(ROOT_DIR);
const EVERYTHING: UploadSide = {
  ...SIDE,
  notifyEmail: 'you@example.org',
  lifecycle: { inboxExpireDays: 30, archive: { storageClass: 'GLACIER_IR', afterDays: 60 }, expireDays: 400 },
};

function templateOf(side: UploadSide): TemplateDocument {
  return JSON.parse(buildTemplate({ side, promoterSource }));
}

function resource(template: TemplateDocument, id: string): Resource {
  const found = template.Resources[id];
  if (found === undefined) throw new Error(`there is no ${id} in ${Object.keys(template.Resources).join(' ')}`);
  return found;
}

t.test('every reference leads to a resource, and none in a circle', async (t) => {
  for (const side of [EVERYTHING, uploadSideOf()]) {
    const template = templateOf(side);
    const dependencies = dependenciesOf(template);
    t.same(
      [...dependencies.values()].flat().filter((id) => template.Resources[id] === undefined),
      [],
    );
    t.same(
      referencesIn(template.Outputs).filter((id) => template.Resources[id] === undefined),
      [],
    );
    t.equal(cycleIn(dependencies), null);
    t.ok(
      dependencies.get('Inbox')?.includes('InboxMayCallPromoter'),
      'S3 asks for the permission when it sets the notification',
    );
  }
  // What the fixed name of the bucket avoids.
  const { Resources } = templateOf(EVERYTHING);
  const permission = resource({ Resources } as TemplateDocument, 'InboxMayCallPromoter');
  const Properties = { ...permission.Properties, SourceArn: { 'Fn::GetAtt': ['Inbox', 'Arn'] } };
  const circular = { Resources: { ...Resources, InboxMayCallPromoter: { ...permission, Properties } } };
  t.same(cycleIn(dependenciesOf(circular)), ['Inbox', 'InboxMayCallPromoter', 'Inbox']);
});

t.test('both buckets and what protects them are kept, whether deleted or replaced', async (t) => {
  const template = templateOf(EVERYTHING);
  for (const id of ['Inbox', 'InboxBucketPolicy', 'Vault', 'VaultBucketPolicy']) {
    t.match(resource(template, id), { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  }
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  t.equal(types.filter((type) => type === 'AWS::S3::Bucket').length, 2);
});

t.test('no secret: no access key, no environment, no parameter', async (t) => {
  const template = templateOf(EVERYTHING);
  t.notOk(Object.values(template.Resources).some(({ Type }) => Type === 'AWS::IAM::AccessKey'));
  t.notMatch(resource(template, 'Promoter').Properties, { Environment: {} });
  t.notOk('Parameters' in template);
  t.notMatch(JSON.stringify(template.Outputs), /secret/i);
});

t.test('principals carry exactly what cloud policies prints, and each refusal is there before its user', async (t) => {
  const { Resources } = templateOf(EVERYTHING);
  const printed = namedPolicies(EVERYTHING, 'aws').filter(({ carrier }) => carrier !== 'bucket');
  const found = Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
    if (Type === 'AWS::IAM::ManagedPolicy') {
      const carriers = Object.values(Resources).filter(({ Properties: { ManagedPolicyArns = [] } }) =>
        referencesIn(ManagedPolicyArns).includes(id),
      );
      const names = carriers.map(({ Properties: it }) => it.GroupName ?? it.UserName ?? it.RoleName);
      return [{ name: Properties.ManagedPolicyName, document: Properties.PolicyDocument, forWhom: names }];
    }
    const inline = (Properties.Policies ?? []) as unknown as Readonly<Record<string, unknown>>[];
    return inline.map((policy) => ({
      name: policy.PolicyName,
      document: policy.PolicyDocument,
      forWhom: [Properties.UserName],
    }));
  });
  const byName = (list: readonly { name: unknown; document: unknown; forWhom: readonly unknown[] }[]) =>
    Object.fromEntries(list.map(({ name, document, forWhom }) => [name, { document, forWhom: forWhom.toSorted() }]));
  t.same(withAccount(byName(found), '*'), byName(printed));
  t.same(resource({ Resources } as TemplateDocument, 'Serverweb3').Properties.Groups, [{ Ref: 'Groupdelete' }]);
  t.equal(resource({ Resources } as TemplateDocument, 'MirrorhomeDashpi').Properties.Groups, undefined);
  const names = ['*.gpg', ...Array.from({ length: 40 }, (_, index) => `backup-of-${index}-*.tar`)];
  const long = uploadSideOf({ servers: [{ name: 'web1', names }] });
  t.throws(() => buildTemplate({ side: long, promoterSource }), { code: 'POLICY_TOO_LARGE' });
});

t.test('the buckets are as described', async (t) => {
  const { Properties: vault } = resource(templateOf(EVERYTHING), 'Vault');
  t.match(vault, {
    BucketName: 'example-vault',
    VersioningConfiguration: { Status: 'Enabled' },
    ObjectLockEnabled: true,
    ObjectLockConfiguration: {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 30 } },
    },
  });
  t.same(rulesOf(vault), [
    { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    { Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 60 }] },
    { ExpirationInDays: 400, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
    { ExpiredObjectDeleteMarker: true },
  ]);
  const { Properties: inbox } = resource(templateOf(EVERYTHING), 'Inbox');
  t.equal(inbox.ObjectLockConfiguration, undefined);
  t.same(rulesOf(inbox), [
    { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } },
    { ExpirationInDays: 30, NoncurrentVersionExpiration: { NoncurrentDays: 30 } },
    { ExpiredObjectDeleteMarker: true },
  ]);
  const { Properties: forEver } = resource(templateOf(SIDE), 'Vault');
  t.same(rulesOf(forEver), [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }], 'nothing ever expires');
});

t.test('every alarm tells the topic; nobody is subscribed where nobody is named', async (t) => {
  const template = templateOf(EVERYTHING);
  const alarms = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  t.equal(alarms.length, 5);
  for (const { Properties } of alarms) t.same(Properties.AlarmActions, [{ Ref: 'Alarms' }]);
  t.match(resource(template, 'SweepMissingAlarm').Properties, {
    TreatMissingData: 'breaching',
    Dimensions: [{ Name: 'Inbox', Value: 'example-inbox' }],
  });
  t.match(resource(template, 'AlarmMail').Properties, { Protocol: 'email', Endpoint: 'you@example.org' });
  t.equal(templateOf(SIDE).Resources.AlarmMail, undefined);
});

t.test('logical ids depend on the name alone and differ where names do', async (t) => {
  const people = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,8}$/), { minLength: 2, maxLength: 4 });
  const idsFor = (names: readonly string[]) => {
    const [example] = SIDE.servers;
    if (example === undefined) throw new Error('no server');
    const servers = names.map((name) => ({ ...example, name, prefix: `${name}/` }));
    const { Resources } = templateOf({ ...SIDE, servers });
    return new Map(Object.entries(Resources).map(([id, { Properties }]) => [Properties.UserName, id]));
  };
  fc.assert(
    fc.property(people, (names) => {
      const there = idsFor(names);
      const back = idsFor(names.toReversed());
      const ids = names.map((name) => there.get(`backups-server-${name}`));
      t.same(
        ids,
        names.map((name) => back.get(`backups-server-${name}`)),
      );
      t.equal(new Set(ids).size, names.length);
      for (const id of ids) t.match(id, /^[A-Za-z0-9]{1,255}$/);
    }),
    { numRuns: 40 },
  );
});

t.test('any number of servers: a template that fits, or an error that tells what to shorten', async (t) => {
  let fits = 0;
  let tooLarge = 0;
  for (let count = 1; count <= 30; count += 1) {
    const side = uploadSideOf({ servers: Array.from({ length: count }, (_, index) => ({ name: `web${index + 1}` })) });
    try {
      const text = buildTemplate({ side, promoterSource });
      t.ok(Buffer.byteLength(text) <= TEMPLATE_LIMIT_BYTES);
      t.equal(buildTemplate({ side, promoterSource }), text, 'the same text again');
      fits += 1;
      t.ok(text.split('\n').length > Object.keys(templateOf(side).Resources).length, 'a resource a line at most');
      t.equal(tooLarge, 0, 'none with more servers after one that was too large');
    } catch (error) {
      if (!isAppError(error, 'TEMPLATE_TOO_LARGE')) throw error;
      t.match(error.message, /^upload-side\.yaml: the template has \d+ bytes, and CloudFormation takes 51200: /);
      tooLarge += 1;
    }
  }
  t.ok(fits >= 10, `${fits} servers fit`);
  t.equal(fits + tooLarge, 30);
});

t.test('what real CloudFormations are asked to make fits', async (t) => {
  for (const side of [STACK_SIDE, GROWN_SIDE]) {
    const bytes = Buffer.byteLength(buildTemplate({ side, promoterSource }));
    t.ok(bytes <= TEMPLATE_LIMIT_BYTES, `${bytes} bytes`);
  }
});

t.test('a bundle that was not made is told', async (t) => {
  const rootDir = t.testdir({});
  const message = `${rootDir}/dist/promoter/lambda.cjs is missing`;
  await t.rejects(readPromoterBundle(rootDir), { code: 'PROMOTER_NOT_BUILT', message });
});

function rulesOf(bucket: Resource['Properties']): unknown[] {
  const { Rules } = bucket.LifecycleConfiguration as unknown as { Rules: Readonly<Record<string, unknown>>[] };
  return Rules.map(({ Id, Status, ...rest }) => {
    if (typeof Id !== 'string' || Status !== 'Enabled') throw new Error('a rule without name or effect');
    return rest;
  });
}

/** A document after CloudFormation has filled in the account. */
function withAccount(value: unknown, account: string): unknown {
  const text = JSON.stringify(value).replace(/\{"Fn::Sub":("[^"]*")\}/g, '$1');
  return JSON.parse(text.replaceAll(`$${'{AWS::AccountId}'}`, account));
}
