import type { Clock } from '../../core/clock.ts';
import type { Bucket } from './bucket.ts';
import type { Content } from './content.ts';
import { type KeyBytes, keyText } from './key-bytes.ts';
import type { ObjectStore } from './object-store.ts';
import type { RequestBody } from './request-body.ts';
import { S3Error } from './s3-error.ts';
import type { S3User } from './sigv4.ts';

/** SSE-C: encryption with a key of the client's, which a policy may forbid. */
const CUSTOMER_KEY = 'x-amz-server-side-encryption-customer-algorithm';

/** What a policy is asked. Condition keys are IAM's: `s3:prefix`, `s3:if-none-match`, `aws:SecureTransport`, … */
export interface AuthorizationRequest {
  readonly user: S3User;
  readonly action: `s3:${string}`;
  readonly bucket: string | null;
  readonly key: string | null;
  readonly conditions: Readonly<Record<string, string>>;
}

export type Authorize = (request: AuthorizationRequest) => boolean | Promise<boolean>;

/** What an operation answers. At most one of `xml` and `object`. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly xml?: string;
  /** `end` is exclusive. */
  readonly object?: { readonly content: Content; readonly start: number; readonly end: number };
}

/** One request, authenticated and routed: everything an operation may look at. */
export class Call {
  readonly method: string;
  readonly bucketName: string;
  readonly key: KeyBytes;
  readonly query: ReadonlyMap<string, KeyBytes>;
  readonly headers: ReadonlyMap<string, string>;
  readonly user: S3User;
  readonly body: RequestBody;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly region: string;
  readonly #authorize: Authorize;

  constructor(options: {
    method: string;
    bucketName: string;
    key: KeyBytes;
    query: ReadonlyMap<string, KeyBytes>;
    headers: ReadonlyMap<string, string>;
    user: S3User;
    body: RequestBody;
    store: ObjectStore;
    clock: Clock;
    region: string;
    authorize: Authorize;
  }) {
    this.method = options.method;
    this.bucketName = options.bucketName;
    this.key = options.key;
    this.query = options.query;
    this.headers = options.headers;
    this.user = options.user;
    this.body = options.body;
    this.store = options.store;
    this.clock = options.clock;
    this.region = options.region;
    this.#authorize = options.authorize;
  }

  get bucket(): Bucket {
    return this.store.bucket(this.bucketName);
  }

  get versionId(): string | undefined {
    const versionId = this.query.get('versionId');
    if (versionId === '') {
      throw new S3Error('InvalidArgument', { message: 'Version id cannot be the empty string' });
    }
    return versionId;
  }

  get owner(): { readonly ID: string; readonly DisplayName: string } {
    const name = this.user.name ?? this.user.accessKeyId;
    return { ID: name, DisplayName: name };
  }

  /** Whether the user may do this; by default to the key of the request. */
  may(
    action: `s3:${string}`,
    extra: Readonly<Record<string, string>> = {},
    key: KeyBytes = this.key,
  ): Promise<boolean> {
    return this.mayIn(this.bucketName === '' ? null : this.bucketName, action, key, extra);
  }

  async mayIn(
    bucket: string | null,
    action: `s3:${string}`,
    key: KeyBytes,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<boolean> {
    return this.#authorize({
      user: this.user,
      action,
      bucket,
      key: key === '' ? null : keyText(key),
      conditions: { ...this.#conditions(), ...extra },
    });
  }

  async require(
    action: `s3:${string}`,
    extra: Readonly<Record<string, string>> = {},
    key: KeyBytes = this.key,
  ): Promise<void> {
    if (!(await this.may(action, extra, key))) throw new S3Error('AccessDenied');
  }

  /**
   * For a write: `true` where it makes an object, `false` for the steps of an upload in parts that do not. An ACL in its headers is a second
   * right (S3 API reference, PutObject, "Permissions").
   */
  async requirePut(isObjectCreation: boolean): Promise<void> {
    await this.require('s3:PutObject', { 's3:ObjectCreationOperation': String(isObjectCreation) });
    if (this.headers.has('x-amz-acl')) await this.require('s3:PutObjectAcl');
  }

  /** A missing key tells only those that may list that it is missing. */
  async missing(code: 'NoSuchKey' | 'NoSuchVersion', headers: Readonly<Record<string, string>> = {}): Promise<S3Error> {
    const action = code === 'NoSuchKey' ? 's3:ListBucket' : 's3:ListBucketVersions';
    if (!(await this.mayIn(this.bucketName, action, ''))) return new S3Error('AccessDenied');
    const version: Record<string, string> = this.versionId === undefined ? {} : { VersionId: this.versionId };
    return new S3Error(code, { headers, details: { Key: keyText(this.key), ...version } });
  }

  #conditions(): Record<string, string> {
    const conditions: Record<string, string> = {
      'aws:SecureTransport': 'false',
      's3:authType': 'REST-HEADER',
      's3:signatureversion': 'AWS4-HMAC-SHA256',
    };
    for (const name of ['prefix', 'delimiter', 'max-keys']) {
      const value = this.query.get(name);
      if (value !== undefined) conditions[`s3:${name}`] = keyText(value);
    }
    const versionId = this.query.get('versionId');
    if (versionId !== undefined) conditions['s3:VersionId'] = versionId;
    for (const name of [
      'if-none-match',
      'if-match',
      'x-amz-acl',
      'x-amz-storage-class',
      'x-amz-copy-source',
      CUSTOMER_KEY,
    ]) {
      const value = this.headers.get(name);
      if (value !== undefined) conditions[`s3:${name}`] = value;
    }
    const lockMode = this.headers.get('x-amz-object-lock-mode');
    if (lockMode !== undefined) conditions['s3:object-lock-mode'] = lockMode;
    return conditions;
  }
}
