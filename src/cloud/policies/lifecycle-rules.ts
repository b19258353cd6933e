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

/** An upload that takes longer was given up; the sweep names none that took a day. */
const UNFINISHED_UPLOAD_DAYS = 2;
/** A promotion takes 15 minutes at most. */
const UNFINISHED_PROMOTION_DAYS = 1;
/** Nobody but lifecycle makes an archive noncurrent (the vault's policy refuses deletions): it is at its end. */
const EXPIRED_ARCHIVE_DAYS = 1;

/** The rules of both buckets, for the template and for who makes them by hand. */
export function lifecycleRules({
  lifecycle,
}: UploadSide): Readonly<Record<'inbox' | 'vault', readonly LifecycleRule[]>> {
  const { inboxExpireDays, archive, expireDays } = lifecycle;
  return {
    inbox: [
      unfinishedUploads(UNFINISHED_UPLOAD_DAYS),
      // Noncurrent versions as long: the next upload of the same name hides one that the promoter still has to take.
      ...removal('leftovers', inboxExpireDays, inboxExpireDays),
    ],
    vault: [
      unfinishedUploads(UNFINISHED_PROMOTION_DAYS),
      ...(archive === null
        ? []
        : [
            rule('cheaper-class-for-older-archives', {
              Transitions: [{ StorageClass: archive.storageClass, Days: archive.afterDays }],
            }),
          ]),
      ...(expireDays === null ? [] : removal('old-archives', expireDays, EXPIRED_ARCHIVE_DAYS)),
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
