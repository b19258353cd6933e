import type { S3Client } from '@aws-sdk/client-s3';
import type { PromoterStorage } from './promoter-storage.ts';

/** The buckets at an S3 server. The client is the caller's: its region, endpoint, credentials, retries, and its end. */
export declare function createS3Storage(client: S3Client, buckets: { inbox: string; vault: string }): PromoterStorage;
