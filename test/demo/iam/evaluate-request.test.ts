import t from 'tap';
import { type PolicyStatement, policyDocument } from '../../../src/cloud/policies/policy-document.ts';
import { evaluateRequest, type PolicyRequest } from '../../../src/demo/iam/evaluate-request.ts';

const allowUploads: PolicyStatement = {
  Sid: 'Upload',
  Effect: 'Allow',
  Action: ['s3:PutObject'],
  Resource: ['arn:aws:s3:::inbox/web1/*'],
};
const refuseOthers: PolicyStatement = {
  Sid: 'OnlyWeb1',
  Effect: 'Deny',
  Principal: '*',
  Action: ['s3:*'],
  Resource: ['arn:aws:s3:::inbox/*'],
  Condition: { StringNotEquals: { 'aws:username': ['web1'] } },
};

const ask = (more: Partial<PolicyRequest> = {}) =>
  evaluateRequest({
    principalArn: 'arn:aws:iam::111122223333:user/web1',
    policies: [{ name: 'folder', document: policyDocument([allowUploads]) }],
    bucketPolicy: { name: 'inbox policy', document: policyDocument([refuseOthers]) },
    action: 's3:PutObject',
    resource: 'arn:aws:s3:::inbox/web1/a.gpg',
    context: {},
    ...more,
  });

t.test('allowed, not allowed and refused, with the statement that decided', async (t) => {
  t.same(await ask(), { allowed: true, why: 'folder: Upload' });
  t.same(await ask({ action: 's3:GetObject' }), { allowed: false, why: 'no statement allows it' });
  t.same(await ask({ principalArn: 'arn:aws:iam::111122223333:user/web2' }), {
    allowed: false,
    why: 'inbox policy: OnlyWeb1',
  });
  t.same(
    await ask({ principalArn: 'arn:aws:iam::111122223333:role/web1' }),
    { allowed: false, why: 'inbox policy: OnlyWeb1' },
    'a role has no user name',
  );
  const own = { name: 'own', document: policyDocument([{ ...allowUploads, Sid: 'No', Effect: 'Deny' }]) };
  t.same(await ask({ policies: [own] }), { allowed: false, why: 'own: No' });
});

t.test('a key is a key, whatever characters it has', async (t) => {
  const names = ['*', 'a*b', '?', 'a\nb', 'a\r\u2028\u2029', `\${aws:username}`, 'a:b', '\ue02a', '\u0000', '\ud800'];
  for (const [index, name] of names.entries()) {
    t.match(
      await ask({ resource: `arn:aws:s3:::inbox/web1/${name}` }),
      { allowed: true },
      `name ${index} in the folder`,
    );
    t.match(await ask({ resource: `arn:aws:s3:::inbox/${name}` }), { allowed: false }, `name ${index} outside`);
  }
  t.match(await ask({ resource: 'arn:aws:s3:::inbox/Web1/a' }), { allowed: false }, 'case matters');
  t.match(await ask({ resource: 'arn:aws:s3:::inbox/*/a' }), { allowed: false }, 'no wildcard of the request');
});

t.test('what cannot be evaluated is an error, never an answer', async (t) => {
  await t.rejects(ask({ action: 's3:HeadBucket' }), /invalid\.action/);
  const broken = { ...policyDocument([allowUploads]), Version: 'x' } as never;
  await t.rejects(ask({ policies: [{ name: 'broken', document: broken }] }), /policy\.errors|broken/);
});
