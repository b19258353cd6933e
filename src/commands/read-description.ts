import type { LocatedWarning, UploadSideCheck } from '../cloud/description/parse-upload-side.ts';
import type { UploadSide } from '../cloud/description/upload-side.ts';
import { mistakeLines } from '../core/config/check-yaml.ts';
import { formatMistake } from '../core/config/mistake.ts';
import { AppError } from '../core/errors.ts';
import { loadCloud } from './load-cloud.ts';
import type { Output } from './output.ts';
import { readTextFile } from './read-text-file.ts';

export const DESCRIPTION_HINT =
  'Correct the lines named above; config/upload-side.example.yaml explains every setting.';

/** The description in a file, or all that is wrong with it. Throws CONFIG_NOT_FOUND, CLOUD_NOT_HERE. */
export async function checkDescription(file: string): Promise<UploadSideCheck> {
  const { checkUploadSide } = await loadCloud(() => import('../cloud/description/parse-upload-side.ts'));
  const text = readTextFile(
    file,
    'Name the description of the upload side: a copy of config/upload-side.example.yaml.',
  );
  return checkUploadSide({ text, file });
}

/** As `checkDescription` for commands that go on with it: tells its dangers, throws CONFIG_INVALID with all mistakes. */
export async function readDescription(
  file: string,
  out: Output,
): Promise<{ readonly side: UploadSide; readonly warnings: readonly LocatedWarning[] }> {
  const check = await checkDescription(file);
  if (!check.ok) {
    throw new AppError('CONFIG_INVALID', mistakeLines(file, check.mistakes), { hint: DESCRIPTION_HINT });
  }
  tellWarnings(file, check.warnings, out);
  return check;
}

/** On standard error, so that they are seen whatever is done with the output. */
export function tellWarnings(file: string, warnings: readonly LocatedWarning[], out: Output): void {
  for (const warning of warnings) out.note(`warning: ${formatMistake(file, warning)}`);
}
