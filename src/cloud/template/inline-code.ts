import type { PromoterSettings } from '../../core/promoter-settings.ts';

/**
 * The bundle with one line more, which gives it its settings. CloudFormation puts inline code into index.js, a CommonJS module; the bundle
 * replaces `module.exports`, so `exports` alone is not it any more. Rules that several servers share are written once: the template is limited.
 */
export function inlineCode(settings: PromoterSettings, promoterSource: string): string {
  const texts = settings.servers.map(({ rules }) => literal(rules));
  const shared = [...new Set(texts)];
  const servers = settings.servers.map(
    ({ name, prefix }, index) =>
      `{name:${literal(name)},prefix:${literal(prefix)},rules:r[${shared.indexOf(texts[index] ?? '')}]}`,
  );
  const { inbox, vault, timezone } = settings;
  const fields = `inbox:${literal(inbox)},vault:${literal(vault)},timezone:${literal(timezone)},servers:[${servers.join()}]`;
  // A function of its own, because the bundle's names stand in the same scope.
  return `${promoterSource.trimEnd()}\nmodule.exports.handler=module.exports.createHandler((r=>({${fields}}))([${shared.join()}]));\n`;
}

/** JavaScript for a plain value, in single quotes: in the JSON around it each double quote costs two bytes. */
function literal(value: unknown): string {
  if (typeof value === 'string') {
    const inside = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
    return `'${inside}'`;
  }
  if (Array.isArray(value)) return `[${value.map(literal).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}:${literal(member)}`)
    .join()}}`;
}
