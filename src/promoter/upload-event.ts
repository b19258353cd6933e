/** What a message of the inbox says about one finished upload. Only key, version and time are believed; the rest is asked. */
export interface UploadEvent {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  /** null where the bucket keeps no versions. */
  readonly versionId: string | null;
  /** When S3 finished the request. */
  readonly eventTimeMs: number;
}
