import type { PromoterSettings } from '../../core/promoter-settings.ts';
import type { UploadSide } from './upload-side.ts';

/** What the promoter has to know of a description, and nothing else: it travels in the template, whose size is limited. */
export function promoterSettingsOf({ inbox, vault, timezone, servers }: UploadSide): PromoterSettings {
  return { inbox, vault, timezone, servers: servers.map(({ name, prefix, rules }) => ({ name, prefix, rules })) };
}
