import t from 'tap';
import { limitAt, parseDailyWindow, windowContains, windowsOverlap } from '../../../src/core/config/daily-window.ts';

function window(text: string) {
  const read = parseDailyWindow(text);
  if (!read.ok) throw new Error(read.problem);
  return read.value;
}
const minute = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

t.test('windows of the day', async (t) => {
  for (const text of [
    '',
    '1:00-2:00',
    '01:00',
    '24:00-01:00',
    '01:00-25:00',
    '01:60-02:00',
    '01:00-24:01',
    '03:00-03:00',
    '00:00-00:00',
    '01:00 - 02:00',
  ]) {
    t.equal(parseDailyWindow(text).ok, false, text);
  }
  const cases: [string, string, boolean][] = [
    ['01:00-06:00', '00:59', false],
    ['01:00-06:00', '01:00', true],
    ['01:00-06:00', '05:59', true],
    ['01:00-06:00', '06:00', false],
    ['22:00-06:00', '23:00', true],
    ['22:00-06:00', '00:00', true],
    ['22:00-06:00', '06:00', false],
    ['22:00-06:00', '21:59', false],
    ['22:00-24:00', '23:59', true],
    ['22:00-24:00', '00:00', false],
    ['22:00-00:00', '23:59', true],
    ['22:00-00:00', '00:00', false],
    ['00:00-24:00', '12:00', true],
  ];
  for (const [text, clock, inside] of cases)
    t.equal(windowContains(window(text), minute(clock)), inside, `${clock} in ${text}`);
});

t.test('windows overlap exactly when they share a minute', async (t) => {
  const texts = [
    '01:00-06:00',
    '06:00-07:00',
    '05:00-06:30',
    '22:00-01:00',
    '22:00-01:01',
    '23:00-24:00',
    '00:00-24:00',
    '02:00-03:00',
    '12:00-11:59',
  ];
  for (const a of texts.map(window)) {
    for (const b of texts.map(window)) {
      let shared = false;
      for (let at = 0; at < 1440; at += 1) shared ||= windowContains(a, at) && windowContains(b, at);
      t.equal(windowsOverlap(a, b), shared, `${a.text} and ${b.text}`);
    }
  }
});

t.test('the limit follows the timetable', async (t) => {
  const downloads = {
    limitBytesPerSecond: 1000,
    timetable: [
      { window: window('01:00-06:00'), limitBytesPerSecond: null },
      { window: window('18:00-23:00'), limitBytesPerSecond: 500 },
    ],
  };
  t.equal(limitAt(downloads, minute('00:59')), 1000);
  t.equal(limitAt(downloads, minute('01:00')), null);
  t.equal(limitAt(downloads, minute('18:00')), 500);
});
