import type { S3Client } from '@aws-sdk/client-s3';

/** One request, or the requests of one upload, that a client sends to do what a cell of the policy table is about. */
export interface Act {
  readonly name: string;
  /** Whether it needs rights besides the cell's own: then it can only show that the cell's is refused. */
  readonly needsMore?: boolean;
  send(s3: S3Client): Promise<unknown>;
  /** Puts back what it changed for everybody, where it was not refused. */
  undo?(administrator: S3Client): Promise<unknown>;
}

/** What an act is about; the object, its version and the unfinished upload under its key are there. */
export interface Target {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly uploadId: string;
  /** IAM's condition keys: headers and parameters of the request. */
  readonly context: Readonly<Record<string, string>>;
  /** A place that the one who acts may write to, for copies. */
  readonly ownPlace: { readonly bucket: string; readonly key: string } | null;
  /** The bucket's own policy, to put it back. */
  readonly bucketPolicy: string | null;
}
