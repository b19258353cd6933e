import t from 'tap';
import { parse } from 'yaml';
import { configJsonSchema } from '../../../src/core/config/json-schema.ts';
import type { JsonSchema } from '../../../src/core/config/json-schema-of.ts';
import { settingsOf } from '../../../src/core/config/nearest-key.ts';
import { parseConfig } from '../../../src/core/config/parse-config.ts';
import { configAdvice, configSummary } from '../../../src/core/config/summary.ts';
import { exampleConfig, exampleFile, valuesAt, wholeExampleConfig } from '../../support/example-config.ts';

t.test('the example is a working configuration', async (t) => {
  const config = parseConfig({ text: exampleConfig, file: exampleFile });
  t.equal(config.store.path, '/srv/archive');
  t.equal(config.series.length, 2);
  t.ok(configAdvice(config).length > 0);
});

t.test('so is the example with every optional setting in use', async (t) => {
  t.not(wholeExampleConfig, exampleConfig);
  const config = parseConfig({ text: wholeExampleConfig, file: exampleFile });
  t.ok(config.alerts.email);
  t.equal(config.downloads.timetable.length, 2);
  t.same(configAdvice(config), [], 'nothing is left to advise');
  const summary = configSummary(config);
  t.match(summary.find(({ label }) => label === 'series web1-files')?.value, 'keep last 7, daily 14');
  t.match(summary.find(({ label }) => label === 'alerts')?.value, 'ntfy, webhook, healthchecks, email');
});

t.test('it mentions every setting, with its default', async (t) => {
  const value: unknown = parse(wholeExampleConfig);
  for (const setting of settingsOf(configJsonSchema())) t.ok(valuesAt(value, setting).length > 0, setting.join('.'));
  for (const [setting, byDefault] of defaults(configJsonSchema())) {
    // The active part shows real values where it must be filled in anyway.
    if (setting[1] === 'keep' || setting.join('.') === 'status.hosts') continue;
    t.strictSame(valuesAt(value, setting)[0], byDefault, `${setting.join('.')} shows its default`);
  }
});

t.test('it holds no secret and explains itself', async (t) => {
  t.notMatch(exampleConfig, /AKIA|secret_access_key = [^…]/);
  t.ok(exampleConfig.split('\n').every((line) => line.length <= 140));
});

/** Settings with a default of their own (groups are described by theirs). */
function defaults(
  schema: JsonSchema,
  path: readonly string[] = [],
): readonly (readonly [readonly string[], unknown])[] {
  const own = schema.default !== undefined && schema.properties === undefined ? [[path, schema.default] as const] : [];
  const below = Object.entries(schema.properties ?? schema.items?.properties ?? {}).flatMap(([name, part]) =>
    defaults(part, [...path, name]),
  );
  // A list that is empty by default is shown with entries.
  return [...own.filter(([, value]) => !Array.isArray(value) && typeof value !== 'object'), ...below];
}
