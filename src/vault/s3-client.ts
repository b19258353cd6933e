import { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../core/errors.ts';
import { captureAnswers } from './capture-answers.ts';
import { createAgents } from './create-agents.ts';
import { loadCredentials, type VaultCredentials } from './load-credentials.ts';
import type { S3Answer } from './s3-answer.ts';

export interface S3ConnectionOptions {
  readonly name: string;
  readonly region: string;
  /** An S3-compatible server other than AWS. */
  readonly endpoint?: string | undefined;
  readonly forcePathStyle?: boolean | undefined;
  readonly credentials?: VaultCredentials | undefined;
  /** Longest silence of an answer, before and within it. */
  readonly idleTimeoutMs: number;
  /** Longest time to a connection, TLS not included. */
  readonly connectTimeoutMs: number;
  readonly maxSockets: number;
  /** Certificate authorities (PEM) to trust instead of the built-in ones, for a server with a certificate of one's own. */
  readonly ca?: string | undefined;
}

export interface S3Connection {
  readonly requests: number;
  /**
   * Sends one request. `operation` gets the client and the signal to pass on. Rejects with the signal's reason, with TRANSFER_STALLED
   * when the server says nothing for `idleTimeoutMs`, or with whatever the SDK throws, untranslated.
   */
  send<Output extends object>(
    operation: (client: S3Client, signal: AbortSignal) => Promise<Output>,
    signal: AbortSignal,
  ): Promise<{ output: Output; answer: S3Answer }>;
  close(): void;
}

/**
 * The S3 client as this program wants it: one attempt (retries are the caller's), kept-alive connections, and bodies handed over as they
 * come from the socket. The SDK neither computes nor checks checksums: the whole archive is verified elsewhere, once.
 */
export function createS3Connection(options: S3ConnectionOptions): S3Connection {
  const { httpAgent, httpsAgent } = createAgents(options);
  const credentials = loadCredentials(options.name, options.credentials ?? {});
  const client = new S3Client({
    region: options.region,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { httpAgent, httpsAgent, connectionTimeout: options.connectTimeoutMs },
    ...(credentials === undefined ? {} : { credentials }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.forcePathStyle === undefined ? {} : { forcePathStyle: options.forcePathStyle }),
  });
  const timers = new WeakMap<AbortSignal, NodeJS.Timeout>();
  const answers = captureAnswers(client, timers);
  let requests = 0;

  return {
    get requests() {
      return requests;
    },
    async send(operation, signal) {
      signal.throwIfAborted();
      requests += 1;
      const controller = new AbortController();
      const forward = (): void => controller.abort(signal.reason);
      const stalled = setTimeout(() => {
        const seconds = options.idleTimeoutMs / 1000;
        controller.abort(new AppError('TRANSFER_STALLED', `no answer within ${seconds} s`));
      }, options.idleTimeoutMs);
      timers.set(controller.signal, stalled);
      signal.addEventListener('abort', forward, { once: true });
      try {
        const output = await operation(client, controller.signal);
        const answer = answers.get(output);
        if (answer === undefined) throw new AppError('INTERNAL', 'the S3 client gave no answer for an output');
        return { output, answer };
      } catch (error) {
        throw controller.signal.aborted ? controller.signal.reason : error;
      } finally {
        clearTimeout(stalled);
        signal.removeEventListener('abort', forward);
      }
    },
    close() {
      client.destroy();
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
