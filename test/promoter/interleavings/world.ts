import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { PromoterSettings } from '../../../src/core/promoter-settings.ts';
import type { UploadEvent } from '../../../src/promoter/upload-event.ts';
import type { Place } from './places.ts';
import type { Stage } from './stage.ts';
import { settingsFor, type UploadPlan } from './uploads.ts';

/** One version that came into the inbox. */
export interface Upload {
  readonly plan: UploadPlan;
  readonly versionId: string;
  readonly isInParts: boolean;
  /** What S3 tells as LastModified, in whole seconds; when it was begun. */
  readonly lastModifiedMs: number;
  /** When it was there. */
  readonly eventTimeMs: number;
  /** Deleted by somebody who is not the promoter, or not readable: nothing is expected of it. */
  isLost: boolean;
  /** Moved to a class that nobody can read at once. */
  isArchived: boolean;
  /** A message about it came to a decision. */
  isHeardOf: boolean;
}

/** An upload in parts that is under way. */
export interface OpenUpload {
  readonly plan: UploadPlan;
  readonly uploadId: string;
  readonly begunMs: number;
}

/** A message of the inbox, on its way to the promoter. */
export interface Delivery {
  readonly upload: Upload;
  readonly event: UploadEvent;
  attempts: number;
  dueMs: number;
}

/** Buckets of their own, everything that was put into them, and a clock. */
export class World {
  readonly stage: Stage;
  readonly place: Place;
  readonly settings: PromoterSettings;
  readonly uploads: Upload[] = [];
  readonly open: OpenUpload[] = [];
  readonly deliveries: Delivery[] = [];
  readonly story: string[] = [];

  constructor(stage: Stage, place: Place, name: string) {
    this.stage = stage;
    this.place = place;
    this.settings = settingsFor(place.timezone, { inbox: `inbox-${name}`, vault: `vault-${name}` });
  }

  get nowMs(): number {
    return this.stage.clock.nowMs;
  }

  goOn(ms: number): void {
    this.stage.clock.nowMs += ms;
  }

  tell(what: string): void {
    this.story.push(`${new Date(this.nowMs).toISOString()} ${what}`);
  }

  async put(client: S3Client, plan: UploadPlan, eventDelayMs: number): Promise<Upload> {
    const begunMs = this.nowMs;
    const { VersionId } = await client.send(
      new PutObjectCommand({ Bucket: this.settings.inbox, Key: plan.key, Body: plan.body }),
    );
    return this.#arrived({
      plan,
      begunMs,
      versionId: VersionId,
      isInParts: false,
      eventTimeMs: this.nowMs + eventDelayMs,
    });
  }

  async begin(client: S3Client, plan: UploadPlan): Promise<void> {
    const begunMs = this.nowMs;
    const target = { Bucket: this.settings.inbox, Key: plan.key };
    const { UploadId = '' } = await client.send(
      new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }),
    );
    this.open.push({ plan, uploadId: UploadId, begunMs });
  }

  async end(client: S3Client, { plan, uploadId, begunMs }: OpenUpload): Promise<Upload> {
    const target = { Bucket: this.settings.inbox, Key: plan.key, UploadId: uploadId };
    const { ETag, ChecksumCRC32 } = await client.send(
      new UploadPartCommand({ ...target, PartNumber: 1, Body: plan.body, ChecksumAlgorithm: 'CRC32' }),
    );
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
    const { VersionId } = await client.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload }));
    return this.#arrived({ plan, begunMs, versionId: VersionId, isInParts: true, eventTimeMs: this.nowMs });
  }

  /** By somebody who may delete: a version, or (as most clients do it) whatever is on top, by a marker. */
  async remove(client: S3Client, upload: Upload, how: 'version' | 'marker'): Promise<void> {
    const target = { Bucket: this.settings.inbox, Key: upload.plan.key };
    if (how === 'version') {
      // Not known before it is done whether the promoter was faster.
      upload.isLost = true;
      await client.send(new DeleteObjectCommand({ ...target, VersionId: upload.versionId }));
    } else await client.send(new DeleteObjectCommand(target));
  }

  #arrived(fields: {
    plan: UploadPlan;
    begunMs: number;
    versionId: string | undefined;
    isInParts: boolean;
    eventTimeMs: number;
  }): Upload {
    const { plan, begunMs, versionId = 'null', isInParts, eventTimeMs } = fields;
    const lastModifiedMs = Math.floor(begunMs / 1000) * 1000;
    const upload = {
      plan,
      versionId,
      isInParts,
      lastModifiedMs,
      eventTimeMs,
      isLost: false,
      isArchived: false,
      isHeardOf: false,
    };
    this.uploads.push(upload);
    this.stage.noteTime(versionId, lastModifiedMs);
    return upload;
  }
}
