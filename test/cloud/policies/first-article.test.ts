import t from 'tap';
import type { PolicyDocument } from '../../../src/cloud/policies/policy-document.ts';
import { ACCOUNT, evaluateRequest } from '../../../src/demo/iam/evaluate-request.ts';
import { DEAD_LINES, FIRST_ARTICLE, LIVE_LINES } from './first-article.ts';

const BUCKET = 'arn:aws:s3:::example-inbox';

async function may(document: PolicyDocument, action: string, resource: string, context: Record<string, string> = {}) {
  const verdict = await evaluateRequest({
    principalArn: `arn:aws:iam::${ACCOUNT}:user/web1`,
    policies: [{ name: 'article', document }],
    bucketPolicy: null,
    action,
    resource,
    context: { 'aws:SecureTransport': 'true', ...context },
  });
  return verdict.allowed;
}

t.test('three lines of the first article are dead', async (t) => {
  for (const document of Object.values(FIRST_ARTICLE)) {
    t.notOk(await may(document, 's3:ListAllMyBuckets', '*'));
    t.notOk(await may(document, 's3:ListBucket', BUCKET, { 's3:prefix': '' }));
    t.notOk(await may(document, 's3:ListBucketMultipartUploads', BUCKET));
    for (const action of LIVE_LINES) t.ok(await may(document, action, `${BUCKET}/a`), action);
  }
  const statement = FIRST_ARTICLE.write.Statement[0];
  t.same(
    statement !== undefined && 'Action' in statement && [...statement.Action].sort(),
    [...DEAD_LINES, ...LIVE_LINES].sort(),
  );
});

t.test('and what lives allows more than an uploader needs', async (t) => {
  const { write, writeAndDelete } = FIRST_ARTICLE;
  t.ok(await may(write, 's3:PutObject', `${BUCKET}/other-server/a`), 'over the uploads of every other server');
  t.ok(await may(write, 's3:PutObject', `${BUCKET}/a`, { 's3:x-amz-storage-class': 'DEEP_ARCHIVE' }), 'in any class');
  t.ok(await may(write, 's3:PutObjectAcl', `${BUCKET}/a`, { 's3:x-amz-acl': 'public-read' }), 'readable by everybody');
  t.ok(await may(write, 's3:PutObject', `${BUCKET}/a`, { 'aws:SecureTransport': 'false' }), 'without TLS');
  t.notOk(await may(write, 's3:DeleteObject', `${BUCKET}/a`));
  t.ok(await may(writeAndDelete, 's3:DeleteObject', `${BUCKET}/other-server/a`), 'deletes for every server');
  t.notOk(await may(writeAndDelete, 's3:DeleteObjectVersion', `${BUCKET}/a`), 'but not for good, with versions');
});
