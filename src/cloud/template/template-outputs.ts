import type { UploadSide } from '../description/upload-side.ts';
import { principalNames } from '../policies/principal-names.ts';
import { IDS } from './logical-ids.ts';
import { ref, type TemplateDocument } from './template-document.ts';

/** What to know after the stack is there. Never a secret: whoever may describe the stack reads it. */
export function templateOutputs(side: UploadSide): TemplateDocument['Outputs'] {
  const users = [
    ...side.servers.map((server) => principalNames.writer(side, server)),
    ...side.mirrors.map((mirror) => principalNames.mirror(side, mirror)),
  ];
  return {
    Inbox: { Description: 'Bucket that the servers write to.', Value: ref(IDS.inbox) },
    Vault: { Description: 'Bucket that the mirrors pull.', Value: ref(IDS.vault) },
    Promoter: { Description: 'Function that moves uploads from inbox to vault.', Value: ref(IDS.promoter) },
    FailedEvents: { Description: 'Queue of the events that it failed on.', Value: ref(IDS.deadLetters) },
    Alarms: { Description: 'Topic of all alarms.', Value: ref(IDS.topic) },
    Users: { Description: 'Each still needs an access key.', Value: users.join(', ') },
    NextStep: { Description: 'What to do now.', Value: nextStep(side) },
  };
}

function nextStep({ notifyEmail }: UploadSide): string {
  const mail =
    notifyEmail === null
      ? 'Subscribe somebody to the topic of the alarms: without that nobody is told.'
      : `Open the mail that AWS has sent to ${notifyEmail} and confirm it: before that no alarm arrives.`;
  return `${mail} Then make one access key for each user (IAM, Users, Security credentials) and put it on its server or mirror only.`;
}
