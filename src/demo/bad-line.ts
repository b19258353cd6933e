import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens, once, to the next download of an object. Offsets count bytes of its content. */
export type Mishap =
  | { readonly kind: 'flip'; readonly at: number }
  /** So many bytes, then silence. */
  | { readonly kind: 'stall'; readonly after: number };

export interface Download {
  /** The Range header, or null. */
  readonly range: string | null;
  bytes: number;
}

/** The telephone line between the mirror at home and the vault: it passes everything on, and has its bad days. */
export interface BadLine {
  readonly url: string;
  /** The next GET of this path (`/bucket/key`) goes wrong. */
  spoilNext(path: string, mishap: Mishap): void;
  /** How many objects were asked for, in whole or in part. */
  readonly downloads: number;
  /** Every GET of this path so far. */
  downloadsOf(path: string): readonly Download[];
  close(): Promise<void>;
}

export async function startBadLine(upstreamUrl: string): Promise<BadLine> {
  const upstream = new URL(upstreamUrl);
  const mishaps = new Map<string, Mishap>();
  const downloads = new Map<string, Download[]>();

  const server = createServer((incoming, outgoing) => {
    const path = decodeURIComponent((incoming.url ?? '').split('?')[0] ?? '');
    const isDownload = incoming.method === 'GET' && path.split('/').length > 2 && !path.endsWith('/');
    const mishap = isDownload ? mishaps.get(path) : undefined;
    if (mishap !== undefined) mishaps.delete(path);
    const download: Download = { range: incoming.headers.range ?? null, bytes: 0 };
    if (isDownload) downloads.set(path, [...(downloads.get(path) ?? []), download]);
    forward(upstream, incoming, outgoing, download, mishap);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    spoilNext: (path, mishap) => mishaps.set(path, mishap),
    get downloads() {
      return [...downloads.values()].reduce((sum, list) => sum + list.length, 0);
    },
    downloadsOf: (path) => downloads.get(path) ?? [],
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Headers pass as they are, the Host that the client signed included. */
function forward(
  upstream: URL,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  download: Download,
  mishap: Mishap | undefined,
): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: upstream.hostname, port: upstream.port, method, path, headers, agent: false });
  // Whatever breaks one side breaks the other, as on a line without anybody in between.
  onward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
  onward.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('data', (chunk: Buffer) => {
      const passed = spoil(chunk, download.bytes, mishap);
      download.bytes += passed.length;
      if (passed.length > 0 && !outgoing.write(passed)) {
        answer.pause();
        outgoing.once('drain', () => answer.resume());
      }
      // Silence: nothing more comes, and nobody says so.
      if (passed.length < chunk.length) answer.pause();
    });
    answer.on('end', () => outgoing.end());
    answer.on('error', () => outgoing.destroy());
  });
}

function spoil(chunk: Buffer, offset: number, mishap: Mishap | undefined): Buffer {
  if (mishap?.kind === 'stall') return chunk.subarray(0, Math.max(0, mishap.after - offset));
  const index = mishap === undefined ? -1 : mishap.at - offset;
  const byte = chunk[index];
  if (byte === undefined) return chunk;
  const copy = Buffer.from(chunk);
  copy[index] = byte ^ 0x01;
  return copy;
}
