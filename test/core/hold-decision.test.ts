import t from 'tap';
import { holdReason, usualSize } from '../../src/core/hold-decision.ts';

t.test('the usual size is the median, and unknown below three archives', async (t) => {
  t.equal(usualSize([10, 10]), null);
  t.equal(usualSize([10, 9000, 12]), 12);
});

t.test('above the factor of its series times the usual size is held, exactly that is not', async (t) => {
  const room = { factor: 4, capacityBytes: 2e12, roomBytes: 1e12, othersNeedBytes: 0 };
  t.equal(holdReason({ sizeBytes: 400, usualBytes: 100, ...room }), null);
  t.match(holdReason({ sizeBytes: 401, usualBytes: 100, ...room }), { kind: 'oversize', usualBytes: 100, factor: 4 });
  t.equal(holdReason({ sizeBytes: 401, usualBytes: null, ...room }), null);
  t.equal(holdReason({ sizeBytes: 401, usualBytes: 100, ...room, factor: 5 }), null);
});

t.test('an archive that would crowd out the next of every other series is held', async (t) => {
  const own = { sizeBytes: 100, factor: 4, usualBytes: 100, capacityBytes: 1000 };
  t.equal(holdReason({ ...own, roomBytes: 150, othersNeedBytes: 50 }), null);
  t.match(holdReason({ ...own, roomBytes: 149, othersNeedBytes: 50 }), { kind: 'no-room-for-others', leftBytes: 49 });
  t.equal(holdReason({ ...own, roomBytes: 99, othersNeedBytes: 50 }), null, 'a full disk is another matter');
  t.match(holdReason({ ...own, sizeBytes: 1001, usualBytes: null, roomBytes: 99, othersNeedBytes: 0 }), {
    kind: 'larger-than-disk',
  });
});
