import type { PromotionRule } from '../../core/promoter-settings.ts';

/** The left half as its owner describes it, checked and with parsed values. Made by `parseUploadSide` only; see config/upload-side.example.yaml. */
export interface UploadSide {
  /** Where it was read from, for messages. */
  readonly file: string;
  readonly region: string;
  /** IANA name; the promoter names archives by its clock. */
  readonly timezone: string;
  /** Begins the names of groups, users, policies, the function and the stack; letters, digits and `-`. */
  readonly name: string;
  /** Bucket names. */
  readonly inbox: string;
  readonly vault: string;
  readonly servers: readonly ServerDescription[];
  readonly mirrors: readonly MirrorDescription[];
  readonly lock: LockDescription;
  readonly lifecycle: LifecycleDescription;
  /** Where alarms are mailed; null for nobody. */
  readonly notifyEmail: string | null;
}

export interface ServerDescription {
  readonly name: string;
  /** Folder in both buckets; ends in `/`, nests in no other server's. */
  readonly prefix: string;
  readonly rules: readonly PromotionRule[];
  /** The access level of its key. */
  readonly level: WriterLevel;
  /** Parts of file names that it may upload, as IAM wildcards below the prefix (`*.gpg`); empty: any name. */
  readonly names: readonly string[];
  /** Akeeba sends `x-amz-acl: bucket-owner-full-control` with each upload, which needs a right of its own. */
  readonly mayKeepOwnerAcl: boolean;
}

/** What a server's key may do in its own folder of the inbox besides writing: nothing, list names, or list and delete. */
export type WriterLevel = 'strict' | 'list' | 'delete';

export interface MirrorDescription {
  readonly name: string;
  /** How long this mirror may be away (broken disk, holiday) before the vault may lose what it has not pulled. */
  readonly mayBeAwayDays: number;
}

export interface LockDescription {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly days: number;
}

export interface LifecycleDescription {
  /** Leftovers of the inbox are removed after so many days. */
  readonly inboxExpireDays: number;
  /** null: stays in STANDARD. */
  readonly archive: { readonly storageClass: ArchiveClass; readonly afterDays: number } | null;
  /** The vault's archives are removed after so many days; null: never. */
  readonly expireDays: number | null;
}

export type ArchiveClass = 'STANDARD_IA' | 'GLACIER_IR' | 'GLACIER' | 'DEEP_ARCHIVE';
