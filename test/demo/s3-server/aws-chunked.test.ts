import { request } from 'node:http';
import t, { type Test } from 'tap';
import { parseAmzDate } from '../../../src/demo/s3-server/sigv4.ts';
import { type S3Server, startS3Server } from '../../../src/demo/s3-server/start-s3-server.ts';

/** Amazon's own worked examples (S3 API reference, "Signature calculations … chunked upload", with and without trailers). */
const USER = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const SIGNED = [
  'content-encoding',
  'host',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-decoded-content-length',
  'x-amz-storage-class',
];
const BODY = 'a'.repeat(66_560);

const PLAIN = {
  payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  signed: ['content-length', ...SIGNED],
  headers: {},
  chunks: [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ],
  trailer: '',
};

const TRAILER = {
  payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  signature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  signed: [...SIGNED, 'x-amz-trailer'],
  headers: { 'x-amz-trailer': 'x-amz-checksum-crc32c' },
  chunks: [
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
  ],
  trailer:
    'x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n',
};

t.test('signed chunks as in the worked example are accepted', async (t) => {
  const server = await start(t);
  t.match(await put(server, PLAIN), { status: 200 });
  t.equal(server.versionsOf('examplebucket', 'chunkObject.txt')[0]?.content.sizeBytes, BODY.length);
});

t.test('signed chunks with a signed trailer as in the worked example are accepted', async (t) => {
  const server = await start(t);
  t.match(await put(server, TRAILER), { status: 200 });
  const [version] = server.versionsOf('examplebucket', 'chunkObject.txt');
  t.match(version?.digests, { checksum: { algorithm: 'CRC32C', value: 'sOO8/Q==' } });
});

t.test('another byte, another trailer, a missing end: refused, and nothing is kept', async (t) => {
  const server = await start(t);
  const flipped = `b${BODY.slice(1)}`;
  t.match(await put(server, PLAIN, { body: flipped }), { status: 403, code: 'SignatureDoesNotMatch' });
  t.match(await put(server, PLAIN, { dropLast: true }), { status: 400, code: 'IncompleteBody' });
  const trailer = TRAILER.trailer.replace('sOO8', 'tOO8');
  t.match(await put(server, { ...TRAILER, trailer }), { status: 403, code: 'SignatureDoesNotMatch' });
  t.match(await put(server, { ...TRAILER, trailer: '' }), { status: 403, code: 'SignatureDoesNotMatch' });
  t.same(server.versionsOf('examplebucket', 'chunkObject.txt'), []);
});

async function start(t: Test): Promise<S3Server> {
  const nowMs = parseAmzDate('20130524T000000Z');
  const clock = { now: () => nowMs, sleep: () => Promise.reject(new Error('the server does not sleep')) };
  const server = await startS3Server({ dataDir: t.testdir(), users: [USER], clock, region: 'us-east-1' });
  t.teardown(() => server.close());
  server.addBucket('examplebucket');
  return server;
}

async function put(
  server: S3Server,
  example: typeof PLAIN | typeof TRAILER,
  change: { readonly body?: string; readonly dropLast?: boolean } = {},
): Promise<{ status: number; code: string | undefined }> {
  const { body = BODY, dropLast = false } = change;
  const datas = [body.slice(0, 65_536), body.slice(65_536), ''];
  const chunks = datas.map((data, index) => {
    const head = `${data.length.toString(16)};chunk-signature=${example.chunks[index]}\r\n`;
    return data === '' ? head : `${head}${data}\r\n`;
  });
  const encoded = dropLast ? chunks.slice(0, -1).join('') : `${chunks.join('')}${example.trailer}\r\n`;
  const credential = `${USER.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
  const headers: Record<string, string | number> = {
    host: 's3.amazonaws.com',
    'content-encoding': 'aws-chunked',
    'x-amz-content-sha256': example.payload,
    'x-amz-date': '20130524T000000Z',
    'x-amz-decoded-content-length': BODY.length,
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${[...example.signed].sort().join(';')},Signature=${example.signature}`,
    ...example.headers,
  };
  // Signed in the plain example: the length of the whole, unspoiled body.
  if (!dropLast) headers['content-length'] = encoded.length;
  else headers['content-length'] = 66_824;
  return new Promise((resolve, reject) => {
    const outgoing = request(`${server.url}/examplebucket/chunkObject.txt`, { method: 'PUT', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] });
      });
    });
    outgoing.on('error', reject);
    // The dropped end is made up for with a line that is no chunk, so that the length is right.
    outgoing.end(dropLast ? encoded.padEnd(66_822, 'x').concat('\r\n') : encoded);
  });
}
