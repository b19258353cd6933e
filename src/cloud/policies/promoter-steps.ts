import type { UploadSide } from '../description/upload-side.ts';
import { alarmResources } from '../template/alarm-resources.ts';
import { IDS } from '../template/logical-ids.ts';
import { promoterResources } from '../template/promoter-resources.ts';
import type { Resources, TemplateValue } from '../template/template-document.ts';
import { principalNames } from './principal-names.ts';
import type { Step } from './step.ts';

const HOUR_SECONDS = 3600;

/** The function and what calls and watches it, by hand: every value is the template's own. */
export function promoterSteps(side: UploadSide): readonly Step[] {
  const of = valuesOf(promoterResources(side, ''));
  const name = principalNames.promoter(side);
  const alarms = alarmResources(side);
  return [
    {
      title: 'What the promoter needs: its log and its queue',
      lines: [
        `- CloudWatch > Log groups > Create log group: ${of(IDS.log, 'LogGroupName')}, retention ${of(IDS.log, 'RetentionInDays')} days.`,
        '  Without it there is no log: the role may not make one.',
        `- SQS > Create queue > Standard: ${of(IDS.deadLetters, 'QueueName')}, message retention ${Number(of(IDS.deadLetters, 'MessageRetentionPeriod')) / HOUR_SECONDS / 24} days.`,
      ],
    },
    {
      title: `The promoter: Lambda > Create function > Author from scratch, in ${side.region}`,
      lines: [
        `- Function name ${of(IDS.promoter, 'FunctionName')}, runtime Node.js 24.x, architecture ${of(IDS.promoter, 'Architectures')}, change default execution role > use an existing role: ${name}.`,
        '- Its code is in the template: write that to template.json by `pullmirror cloud template FILE --out template.json`, then',
        `  node -e 'process.stdout.write(JSON.parse(fs.readFileSync("template.json")).Resources.${IDS.promoter}.Properties.Code.ZipFile)' > index.js`,
        '  Code: delete index.mjs, make index.js with that text > Deploy. Again after each change of the description.',
        `- Configuration > General configuration > Edit: memory ${of(IDS.promoter, 'MemorySize')} MB, timeout ${Number(of(IDS.promoter, 'Timeout')) / 60} min 0 sec.`,
        `- Configuration > Asynchronous invocation > Edit: maximum age of event ${Number(of(IDS.retries, 'MaximumEventAgeInSeconds')) / HOUR_SECONDS} h, retry attempts ${of(IDS.retries, 'MaximumRetryAttempts')}.`,
        `- Configuration > Destinations > Add: asynchronous invocation, on failure, SQS queue ${of(IDS.deadLetters, 'QueueName')}.`,
      ],
    },
    {
      title: 'What calls it: Lambda > the function > Add trigger, twice',
      lines: [
        `- S3: bucket ${side.inbox}, all object create events, no prefix, no suffix.`,
        `- EventBridge: create a new rule ${of(IDS.sweep, 'Name')}, schedule expression ${of(IDS.sweep, 'ScheduleExpression')} (UTC): the daily sweep.`,
      ],
    },
    {
      title: 'Who is told',
      lines: [
        `- SNS > Topics > Create topic > Standard: ${valuesOf(alarms)(IDS.topic, 'TopicName')}; Create subscription > Email: ${side.notifyEmail ?? 'your address'}; confirm by the mail.`,
        '- CloudWatch > Alarms > Create alarm, each with a notification to that topic:',
        ...Object.values(alarms)
          .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
          .flatMap(({ Properties }) => alarmLines(Properties, side)),
      ],
    },
  ];
}

function alarmLines(alarm: Readonly<Record<string, TemplateValue>>, side: UploadSide): string[] {
  const { AlarmName, Namespace, MetricName, Statistic, Period, EvaluationPeriods, Threshold, TreatMissingData } = alarm;
  const { ComparisonOperator } = alarm;
  const whose: Readonly<Record<string, string>> = {
    'AWS/Lambda': principalNames.promoter(side),
    'AWS/SQS': principalNames.deadLetters(side),
    pullmirror: `Inbox ${side.inbox}, there after the first sweep`,
  };
  return [
    `  ${AlarmName}: ${Namespace} > ${MetricName} (${whose[String(Namespace)]}), ${Statistic} of ${Number(Period) / 60} minutes,`,
    `    ${ComparisonOperator} ${Threshold}, ${EvaluationPeriods} out of ${EvaluationPeriods}, missing data: ${TreatMissingData}`,
  ];
}

function valuesOf(resources: Resources): (id: string, property: string) => string {
  return (id, property) => {
    const value = resources[id]?.Properties[property];
    if (value === undefined) throw new TypeError(`the template has no ${id}.${property}`);
    return String(value);
  };
}
