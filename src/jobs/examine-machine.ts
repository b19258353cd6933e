import { readFileSync } from 'node:fs';
import { systemCode } from '../core/errors.ts';
import { type Finding, ok, warn } from '../core/finding.ts';

/** Where Linux tells about the machine; tests bring their own. */
export interface MachineSources {
  readonly nodeVersion: string;
  readonly modelPath: string;
  readonly controllersPath: string;
}

const RECOMMENDED_MAJOR = 24;

/** The program's Node, and what is peculiar to a Raspberry Pi. */
export function examineMachine(sources: MachineSources): Finding[] {
  const node = examineNode(sources.nodeVersion);
  const model = readOrNull(sources.modelPath)?.replaceAll('\0', '') ?? null;
  if (model?.startsWith('Raspberry Pi') !== true) return [node];
  return [node, examineMemoryLimits(model, readOrNull(sources.controllersPath))];
}

function examineNode(version: string): Finding {
  const words = `Node ${version}`;
  if (Number(version.split('.')[0]) >= RECOMMENDED_MAJOR) return ok('node', words);
  return warn('node', `${words} works`, `Node ${RECOMMENDED_MAJOR} is what this program is tested with most.`);
}

/** Raspberry Pi OS boots with cgroup_disable=memory: systemd accepts MemoryMax and the kernel ignores it. */
function examineMemoryLimits(model: string, controllers: string | null): Finding {
  if (controllers?.split(/\s+/).includes('memory') === true) return ok('memory limits', `${model}: in force`);
  return warn(
    'memory limits',
    `${model}: the kernel ignores the unit's MemoryMax`,
    'Harmless: Node keeps its own limit. To have both, add cgroup_enable=memory to /boot/firmware/cmdline.txt and restart.',
  );
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null;
  }
}
