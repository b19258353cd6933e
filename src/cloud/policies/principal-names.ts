import type { MirrorDescription, ServerDescription, UploadSide, WriterLevel } from '../description/upload-side.ts';

/** The levels that at least one server has, from the weakest on. */
export function levelsInUse(side: UploadSide): readonly WriterLevel[] {
  const levels: readonly WriterLevel[] = ['strict', 'list', 'delete'];
  return levels.filter((level) => side.servers.some((server) => server.level === level));
}

/** What everything in the account is called, so that printed policies, the template and the keys agree. All begin with the description's name. */
export const principalNames = {
  /** The group that servers of this level belong to. */
  group: (side: UploadSide, level: WriterLevel) => `${side.name}-writers-${level}`,
  /** The user whose key this server holds. */
  writer: (side: UploadSide, server: ServerDescription) => `${side.name}-server-${server.name}`,
  /** The user whose key this mirror holds. */
  mirror: (side: UploadSide, mirror: MirrorDescription) => `${side.name}-mirror-${mirror.name}`,
  /** The promoter's Lambda function; and the role it runs under, or off AWS the user whose key it holds. */
  promoter: (side: UploadSide) => `${side.name}-promoter`,
  /** The queue that keeps the events which the promoter failed on. */
  deadLetters: (side: UploadSide) => `${side.name}-promoter-failed`,
  /** Where Lambda writes the promoter's log, unless told otherwise. */
  logGroup: (side: UploadSide) => `/aws/lambda/${side.name}-promoter`,
} as const;
