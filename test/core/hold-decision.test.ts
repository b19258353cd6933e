import t from 'tap';
import { DAY_MS } from '../../src/core/duration.ts';
import { floodShares, holdReason, type RoomClaim, roomClaim, usualSize } from '../../src/core/hold-decision.ts';

const beyond = (): RoomClaim => 'beyond';

t.test('the usual size is the median, and unknown below three archives', async (t) => {
  t.equal(usualSize([10, 10]), null);
  t.equal(usualSize([10, 9000, 12]), 12);
});

t.test('above the factor of its series times the usual size is held, exactly that is not', async (t) => {
  const room = {
    factor: 4,
    capacityBytes: 2e12,
    roomBytes: 1e12,
    othersNeedBytes: 0,
    floodReserveBytes: 0,
    claimOf: beyond,
  };
  t.equal(holdReason({ sizeBytes: 400, usualBytes: 100, ...room }), null);
  t.match(holdReason({ sizeBytes: 401, usualBytes: 100, ...room }), { kind: 'oversize', usualBytes: 100, factor: 4 });
  t.equal(holdReason({ sizeBytes: 401, usualBytes: null, ...room }), null);
  t.equal(holdReason({ sizeBytes: 401, usualBytes: 100, ...room, factor: 5 }), null);
});

t.test('an archive that would crowd out the next of every other series is held', async (t) => {
  const own = {
    sizeBytes: 100,
    factor: 4,
    usualBytes: 100,
    capacityBytes: 1000,
    floodReserveBytes: 0,
    claimOf: beyond,
  };
  t.equal(holdReason({ ...own, roomBytes: 150, othersNeedBytes: 50 }), null);
  t.match(holdReason({ ...own, roomBytes: 149, othersNeedBytes: 50 }), { kind: 'no-room-for-others', leftBytes: 49 });
  t.equal(holdReason({ ...own, roomBytes: 99, othersNeedBytes: 50 }), null, 'a full disk is another matter');
  t.match(holdReason({ ...own, sizeBytes: 1001, usualBytes: null, roomBytes: 99, othersNeedBytes: 0 }), {
    kind: 'larger-than-disk',
  });
});

t.test('the room that is kept for a series is its own to take', async (t) => {
  const scarce = {
    sizeBytes: 100,
    factor: 4,
    usualBytes: 100,
    capacityBytes: 1000,
    othersNeedBytes: 200,
    floodReserveBytes: 0,
  };
  t.match(holdReason({ ...scarce, roomBytes: 250, claimOf: beyond }), { kind: 'no-room-for-others' });
  t.equal(holdReason({ ...scarce, roomBytes: 250, claimOf: () => 'due' }), null);
  t.match(holdReason({ ...scarce, roomBytes: 250, claimOf: () => 'flood' }), { kind: 'no-room-for-others' });
  t.equal(holdReason({ ...scarce, roomBytes: 50, claimOf: () => 'due' }), null, 'the full disk is told');
  t.match(holdReason({ ...scarce, roomBytes: 50, claimOf: () => 'flood' }), { leftBytes: -50 }, 'the flood is told');
  const untold = (): never => t.fail('nobody asks while there is room') as never;
  t.equal(holdReason({ ...scarce, roomBytes: 300, claimOf: untold }), null);
});

t.test('a series may take its share once in its interval, and no more than its usual size and a half', async (t) => {
  const claim = { sizeBytes: 150, usualBytes: 100, expectEveryMs: 1000, sinceTakenMs: 0, isFlooded: false };
  t.equal(roomClaim({ ...claim, afterNewestMs: 749 }), 'beyond');
  t.equal(roomClaim({ ...claim, afterNewestMs: 750 }), 'due');
  t.equal(roomClaim({ ...claim, afterNewestMs: -750 }), 'beyond', 'an older one');
  t.equal(roomClaim({ ...claim, afterNewestMs: 750, sizeBytes: 151 }), 'beyond');
  t.equal(roomClaim({ ...claim, afterNewestMs: 750, usualBytes: null }), 'beyond');
});

t.test('a flood leaves room for what its own series still gets while it is looked at', async (t) => {
  const flooded = { sizeBytes: 100, factor: 4, usualBytes: 100, capacityBytes: 9000, othersNeedBytes: 300 };
  const scarce = { ...flooded, floodReserveBytes: 1100 };
  const untold = (): never => t.fail('nobody asks while there is room') as never;
  t.equal(holdReason({ ...scarce, roomBytes: 1500, claimOf: untold }), null);
  t.match(holdReason({ ...scarce, roomBytes: 1499, claimOf: () => 'flood' }), { othersNeedBytes: 1400 });
  t.equal(holdReason({ ...scarce, roomBytes: 1499, claimOf: () => 'flood-newest' }), null);
  t.equal(holdReason({ ...scarce, roomBytes: 300, claimOf: () => 'flood-newest' }), null, 'the share of its own');
  t.match(holdReason({ ...scarce, roomBytes: 299, claimOf: () => 'flood-newest' }), { leftBytes: 199 });
  t.match(
    holdReason({ ...flooded, floodReserveBytes: 0, othersNeedBytes: 0, roomBytes: 99, claimOf: () => 'flood-newest' }),
    {
      leftBytes: -1,
    },
  );
  t.equal(floodShares(DAY_MS), 11);
  t.equal(floodShares(30 * DAY_MS), 5);
});

t.test('amid a flood only the newest is taken, four times in an interval', async (t) => {
  const claim = { sizeBytes: 150, usualBytes: 100, expectEveryMs: 1000, isFlooded: true };
  t.equal(roomClaim({ ...claim, afterNewestMs: 1, sinceTakenMs: 250 }), 'flood-newest');
  t.equal(roomClaim({ ...claim, afterNewestMs: 1, sinceTakenMs: 249 }), 'flood');
  t.equal(roomClaim({ ...claim, afterNewestMs: 1, sinceTakenMs: -1 }), 'flood-newest', 'the clock was set back');
  t.equal(roomClaim({ ...claim, afterNewestMs: 0, sinceTakenMs: 250 }), 'flood');
  t.equal(roomClaim({ ...claim, afterNewestMs: 1, sinceTakenMs: 250, sizeBytes: 151 }), 'flood');
  t.equal(roomClaim({ ...claim, afterNewestMs: 1, sinceTakenMs: 250, usualBytes: null }), 'flood');
});
