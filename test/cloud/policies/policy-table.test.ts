import t from 'tap';
import type { PolicyFlavour } from '../../../src/cloud/policies/policy-document.ts';
import { evaluateRequest } from '../../../src/demo/iam/evaluate-request.ts';
import { SIDE } from './example-side.ts';
import { type Cell, policyTable } from './policy-table.ts';
import { whoCarriesWhat } from './who-carries-what.ts';

const FLAVOURS: readonly PolicyFlavour[] = ['aws', 'radosgw', 'minio'];

for (const flavour of FLAVOURS) {
  t.test(`the documents for ${flavour} say what the table says`, async (t) => {
    const cells = policyTable(flavour);
    t.ok(cells.length > 500, `${cells.length} cells`);
    t.ok(new Set(cells.map(({ allowed }) => allowed)).size === 2, 'some allowed, some refused');
    t.equal(new Set(cells.map(nameOf)).size, cells.length, 'no cell twice');
    const { principals, bucketPolicyOf } = whoCarriesWhat(flavour);
    const wrong: string[] = [];
    for (const cell of cells) {
      const bucket = cell.bucket === null ? null : SIDE[cell.bucket];
      const { arn, policies } = principals[cell.who];
      const verdict = await evaluateRequest({
        principalArn: arn,
        policies,
        bucketPolicy: bucket === null ? null : bucketPolicyOf(bucket),
        action: cell.action,
        resource: bucket === null ? '*' : `arn:aws:s3:::${cell.key === null ? bucket : `${bucket}/${cell.key}`}`,
        context: { 'aws:SecureTransport': 'true', 's3:ObjectCreationOperation': 'true', ...cell.context },
      });
      if (verdict.allowed !== cell.allowed) wrong.push(`${nameOf(cell)}: ${verdict.why}`);
    }
    t.same(wrong, []);
  });
}

function nameOf({ who, action, bucket, key, context, allowed }: Cell): string {
  return `${who} ${allowed ? 'may' : 'may not'} ${action} ${bucket}/${key ?? ''} ${JSON.stringify(context)}`;
}
