import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import { escapeKey } from '../../src/core/key-path.ts';
import { type IndexRow, renderIndexPage, writeIndexPage } from '../../src/store/index-page.ts';
import { hostileKey } from '../support/hostile-keys.ts';

const PAGE = { storeId: 'id-1', writtenAtMs: Date.UTC(2026, 10, 21, 10), totalArchives: 1, totalBytes: 1500 };

function row(key: string, path = escapeKey(key)): IndexRow {
  return { vault: 'web', path, key, sizeBytes: 1500, lastModifiedMs: Date.UTC(2026, 10, 20), sha256: 'ab'.repeat(32) };
}

function render(rows: Iterable<IndexRow>, totalArchives = 1): string {
  return [...renderIndexPage({ ...PAGE, totalArchives, rows })].join('');
}

t.test('a page for a browser without anything else', async (t) => {
  const html = render([row('web1/2026-11-20.tar.gz.gpg')]);
  t.match(html, '<p>1 archive, 1.5 kB. Written 2026-11-21T10:00:00Z by pullmirror; store id-1.</p>');
  t.match(html, '<a href="./web/web1/2026-11-20.tar.gz.gpg"><bdi>web/web1/2026-11-20.tar.gz.gpg</bdi></a>');
  t.match(html, '<td>2026-11-20T00:00:00Z</td>');
  t.notMatch(html, /<script|https?:/);
});

t.test('an empty store', async (t) => {
  t.match(render([], 0), /0 archives, /);
  t.notMatch(render([], 0), /<table>/);
});

t.test('names are text, links lead to the file, whatever the key', async () => {
  fc.assert(
    fc.property(hostileKey, (key) => {
      const path = escapeKey(key);
      const html = render([row(key, path)]);
      const [, href = ''] = /<tbody>\n<tr><td><a href="([^"]*)">/.exec(html) ?? [];
      if (/[<>&"']/.test(href.replace(/&(amp|lt|gt|quot|#39);/g, ''))) throw new Error(`raw HTML in ${href}`);
      const url = new URL(
        href.replaceAll('&#39;', "'").replaceAll('&amp;', '&'),
        pathToFileURL('/srv/archive/index.html'),
      );
      if (fileURLToPath(url) !== join('/srv/archive/web', path))
        throw new Error(`${href} leads to ${fileURLToPath(url)}`);
      if (html.split('<tr>').length !== 3) throw new Error('the table is broken');
    }),
    { numRuns: 500 },
  );
});

t.test('text that is HTML stays text', async (t) => {
  const html = render([row('x', `<img src=x onerror="alert(1)">&'.gpg`)]);
  t.notMatch(html, '<img');
  t.match(html, '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;.gpg');
});

t.test('of many the newest 5,000, and not one more is asked for', async (t) => {
  let asked = 0;
  function* rows() {
    for (;;) {
      asked += 1;
      yield row(`archive-${asked}`);
    }
  }
  const html = render(rows(), 123_456);
  t.equal(html.split('<tr>').length - 2, 5000);
  t.equal(asked, 5000);
  t.match(html, /123,456 archives/);
  t.match(html, /newest 5,000 are shown/);
});

t.test('a time that no calendar knows', async (t) => {
  t.match(render([{ ...row('a'), lastModifiedMs: 1e17 }]), '<td>–</td>');
});

t.test('it is replaced in one step', async (t) => {
  const root = t.testdir({ 'index.html': 'old', '.index.html.new': 'left by a crash' });
  await writeIndexPage(root, { ...PAGE, rows: [row('a')] });
  t.match(readFileSync(join(root, 'index.html'), 'utf8'), /^<!doctype html>[\s\S]*<\/html>\n$/);
  t.same(readdirSync(root), ['index.html']);
  await t.rejects(writeIndexPage(join(root, 'gone'), { ...PAGE, rows: [] }), { code: 'ENOENT' });
});
