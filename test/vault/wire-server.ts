import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ListedObject } from '../../src/core/archive.ts';
import { createVaultReader, type VaultReaderOptions } from '../../src/vault/create-vault-reader.ts';
import type { VaultReader } from '../../src/vault/vault-reader.ts';

export interface WireServer {
  readonly endpoint: string;
  /** Request lines, in order. */
  readonly seen: string[];
  reader(options?: Partial<VaultReaderOptions>): VaultReader;
}

interface Teardown {
  teardown(run: () => void | Promise<void>): unknown;
}

/** A server on 127.0.0.1 that answers whatever the test says, and readers that are pointed at it. */
export async function startWireServer(
  t: Teardown,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<WireServer> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const listener: RequestListener = (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    answer(request, response);
  };
  const server = createServer(listener);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const endpoint = `http://127.0.0.1:${address.port}`;
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    endpoint,
    seen,
    reader(options = {}) {
      const reader = testReader({ endpoint, ...options });
      t.teardown(() => reader.close());
      return reader;
    },
  };
}

/** A reader with keys from the environment of the test, patience for a busy machine, and a clock that stands. */
export function testReader(options: Partial<VaultReaderOptions>): VaultReader {
  process.env.AWS_ACCESS_KEY_ID = 'AKIDTEST';
  process.env.AWS_SECRET_ACCESS_KEY = 'do-not-print-this-secret';
  return createVaultReader({
    name: 'web',
    bucket: 'vault',
    region: 'us-east-1',
    prefix: '',
    idleTimeoutMs: 20_000,
    connectTimeoutMs: 2_000,
    maxSockets: 8,
    clock: { now: () => Date.UTC(2026, 10, 21, 12) },
    ...options,
  });
}

export const signal = new AbortController().signal;

export const object = (overrides: Partial<ListedObject> = {}): ListedObject => ({
  key: 'web1/a.tar',
  versionId: null,
  etag: 'abc',
  sizeBytes: 10,
  lastModifiedMs: 0,
  storageClass: null,
  ...overrides,
});
