import type { ArchiveClass, UploadSide } from '../description/upload-side.ts';

/** A lifecycle rule for a whole bucket, as S3's API writes it (S3 API, LifecycleRule). */
export interface LifecycleRule {
  readonly ID: string;
  readonly Status: 'Enabled';
  readonly Filter: { readonly Prefix: '' };
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number };
  readonly Transitions?: readonly [{ readonly StorageClass: ArchiveClass; readonly Days: number }];
  readonly Expiration?: { readonly Days: number } | { readonly ExpiredObjectDeleteMarker: true };
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
}

/** The rules that the template gives both buckets, for who makes these by hand; a test holds one against the other. */
export function lifecycleRules({
  lifecycle,
}: UploadSide): Readonly<Record<'inbox' | 'vault', readonly LifecycleRule[]>> {
  const { inboxExpireDays, archive, expireDays } = lifecycle;
  return {
    inbox: [unfinishedUploads(2), ...removal('leftovers', inboxExpireDays, inboxExpireDays)],
    vault: [
      unfinishedUploads(1),
      ...(archive === null
        ? []
        : [
            rule('cheaper-class-for-older-archives', {
              Transitions: [{ StorageClass: archive.storageClass, Days: archive.afterDays }],
            }),
          ]),
      ...(expireDays === null ? [] : removal('old-archives', expireDays, 1)),
    ],
  };
}

function unfinishedUploads(days: number): LifecycleRule {
  return rule('remove-parts-of-unfinished-uploads', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: days } });
}

/** In a versioned bucket expiry only hides; the hidden version goes `noncurrentDays` later, and the marker that hid it thereafter. */
function removal(what: string, days: number, noncurrentDays: number): LifecycleRule[] {
  return [
    rule(`remove-${what}`, {
      Expiration: { Days: days },
      NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays },
    }),
    rule('remove-lone-delete-markers', { Expiration: { ExpiredObjectDeleteMarker: true } }),
  ];
}

function rule(ID: string, action: Partial<LifecycleRule>): LifecycleRule {
  return { ID, Status: 'Enabled', Filter: { Prefix: '' }, ...action };
}
