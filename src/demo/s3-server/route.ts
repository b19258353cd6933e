import type { KeyBytes } from './key-bytes.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { S3Error } from './s3-error.ts';

/** Part of every signed request, whatever the operation. */
const ALWAYS = new Set(['x-amz-date', 'x-amz-content-sha256', 'x-amz-decoded-content-length', 'x-amz-user-agent']);
const METADATA = 'x-amz-meta-';
const COPY_SOURCE = 'x-amz-copy-source';

/**
 * The operation that a request asks for. Whatever in it this server does not implement is an error: silently ignoring a
 * condition, a lock or a checksum is how an emulator lets a wrong program pass.
 *
 * @throws S3Error NotImplemented, naming the header or parameter
 */
export function routeOperation(
  method: string,
  on: Operation['on'],
  query: ReadonlyMap<string, KeyBytes>,
  headers: ReadonlyMap<string, string>,
): Operation {
  const isPresent = (name: string) => (name === COPY_SOURCE ? headers.has(name) : query.has(name));
  const candidates = OPERATIONS.filter(
    (operation) => operation.method === method && operation.on === on && operation.selectedBy.every(isPresent),
  );
  const [operation] = candidates.sort((a, b) => b.selectedBy.length - a.selectedBy.length);
  if (operation === undefined) throw notImplemented('Method', `${method} ${on}`);
  for (const name of query.keys()) {
    if (name === 'x-id' || operation.selectedBy.includes(name) || operation.query.includes(name)) continue;
    throw notImplemented('Parameter', name);
  }
  for (const name of headers.keys()) {
    if (!isGuarded(name) || ALWAYS.has(name) || operation.headers.includes(name)) continue;
    if (operation.takesMetadata && name.startsWith(METADATA)) continue;
    throw notImplemented('Header', name);
  }
  return operation;
}

/** Headers that ask S3 to do something: its own, and HTTP's conditions and ranges. */
function isGuarded(name: string): boolean {
  return name.startsWith('x-amz-') || name.startsWith('if-') || name === 'range';
}

function notImplemented(what: string, name: string): S3Error {
  return new S3Error('NotImplemented', {
    message: `This server does not implement what ${what.toLowerCase()} ${name} asks for.`,
    details: { [what]: name },
  });
}
