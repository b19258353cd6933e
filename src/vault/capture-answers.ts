import { IncomingMessage } from 'node:http';
import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../core/errors.ts';
import { readDocument, rootElement, type S3Answer } from './s3-answer.ts';

/** Adds the middlewares; the map gives each output its answer. `timers` are the calls' own, pushed back by each chunk of a document. */
export function captureAnswers(
  client: S3Client,
  timers: WeakMap<AbortSignal, NodeJS.Timeout>,
): WeakMap<object, S3Answer> {
  const answers = new WeakMap<object, S3Answer>();
  const documents = new WeakMap<object, Buffer>();
  const calls = new WeakMap<object, NodeJS.Timeout>();

  // A middleware is not told the signal of its call; the request handler is, and answers with the object that the middlewares see.
  const handler = client.config.requestHandler;
  const handle = handler.handle.bind(handler);
  handler.handle = async (request, handlerOptions) => {
    const result = await handle(request, handlerOptions);
    const signal =
      handlerOptions !== undefined && 'abortSignal' in handlerOptions ? handlerOptions.abortSignal : undefined;
    const timer = signal instanceof AbortSignal ? timers.get(signal) : undefined;
    if (timer !== undefined) calls.set(result.response, timer);
    return result;
  };

  // By the header alone the server sends its checksums; by the SDK's ChecksumMode the SDK would hash the body as well.
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (CHECKSUM_COMMANDS.has(context.commandName ?? '')) headersOf(args.request)['x-amz-checksum-mode'] = 'ENABLED';
      return await next(args);
    },
    { step: 'build', name: 'pullmirrorChecksumMode' },
  );

  // Inside the deserializer: sees the raw response first.
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const response = result.response as RawResponse;
      const { commandName = '' } = context;
      if (commandName === 'GetObjectCommand' && response.statusCode < 300) return result;
      if (!(response.body instanceof IncomingMessage))
        throw new AppError('INTERNAL', 'the S3 client gave an unknown kind of answer');
      const timer = calls.get(response);
      const document = await readDocument(response.body, () => timer?.refresh());
      const isError = rootElement(document) === 'Error';
      // A failure after the status line was sent comes as 200 with an error document.
      if (response.statusCode < 300 && isError) response.statusCode = 500;
      const ok = response.statusCode < 300;
      if (ok && LISTING_COMMANDS.has(commandName)) {
        documents.set(response, document);
        response.body = new Uint8Array();
      } else {
        // What is no S3 error document (a proxy's page) is left out: the status then speaks for itself.
        response.body = ok || isError ? document : new Uint8Array();
      }
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'pullmirrorDocument' },
  );

  // Outside the deserializer: sees response and output together.
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as RawResponse;
      const output: object | undefined = result.output;
      if (output === undefined) return result;
      answers.set(output, {
        status: response.statusCode,
        headers: response.headers,
        stream: response.body instanceof IncomingMessage ? response.body : null,
        document: documents.get(response) ?? null,
      });
      return result;
    },
    { step: 'deserialize', priority: 'high', name: 'pullmirrorAnswer' },
  );
  return answers;
}

/** Parsed by us: the SDK's parser takes any document without entries for an empty listing, and is slow. */
const LISTING_COMMANDS: ReadonlySet<string> = new Set(['ListObjectsV2Command', 'ListObjectVersionsCommand']);

const CHECKSUM_COMMANDS: ReadonlySet<string> = new Set(['GetObjectCommand', 'HeadObjectCommand']);

/** The SDK types requests and responses as unknown; these say what its Node handler makes them. */
interface RawResponse {
  statusCode: number;
  readonly headers: Record<string, string>;
  body: unknown;
}

function headersOf(request: unknown): Record<string, string> {
  return (request as { headers: Record<string, string> }).headers;
}
