import t from 'tap';
import { recallsVersions, rememberListing } from '../../src/core/listing-memory.ts';

const place = { endpoint: 'https://s3.example', bucket: 'b' };

t.test('versions are recalled for the very bucket that showed them', async (t) => {
  const memory = rememberListing('versions', place);
  t.ok(recallsVersions(memory, place));
  t.notOk(recallsVersions(memory, { ...place, bucket: 'other' }));
  t.notOk(recallsVersions(memory, { ...place, endpoint: null }), 'the vault was moved');
  t.notOk(recallsVersions(rememberListing('objects', place), place), 'a refusal is tried again');
  t.notOk(recallsVersions(null, place));
});
