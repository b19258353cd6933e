import t from 'tap';
import { lifecycleRules } from '../../../src/cloud/policies/lifecycle-rules.ts';
import { lifecycleConfiguration } from '../../../src/cloud/template/lifecycle-configuration.ts';
import { SIDE } from '../policies/example-side.ts';

t.test('every rule of S3’s API in CloudFormation’s words', async (t) => {
  const lifecycle = {
    inboxExpireDays: 21,
    archive: { storageClass: 'GLACIER_IR', afterDays: 60 },
    expireDays: 400,
  } as const;
  const { inbox, vault } = lifecycleRules({ ...SIDE, lifecycle });
  const rule = (Id: string, action: object) => ({ Id, Status: 'Enabled', ...action });
  const loneMarkers = rule('remove-lone-delete-markers', { ExpiredObjectDeleteMarker: true });
  const unfinished = (DaysAfterInitiation: number) =>
    rule('remove-parts-of-unfinished-uploads', { AbortIncompleteMultipartUpload: { DaysAfterInitiation } });
  t.strictSame(lifecycleConfiguration(inbox), {
    Rules: [
      unfinished(2),
      rule('remove-leftovers', { ExpirationInDays: 21, NoncurrentVersionExpiration: { NoncurrentDays: 21 } }),
      loneMarkers,
    ],
  });
  t.strictSame(lifecycleConfiguration(vault), {
    Rules: [
      unfinished(1),
      rule('cheaper-class-for-older-archives', {
        Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 60 }],
      }),
      rule('remove-old-archives', { ExpirationInDays: 400, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }),
      loneMarkers,
    ],
  });
});
