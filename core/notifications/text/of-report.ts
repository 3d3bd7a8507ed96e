import type { NotificationEvent } from '../../contracts/notifications.ts'
import {
  type Document,
  linkTo,
  type Manner,
  named,
  oneLine,
  plural,
  sizeText,
  spanText,
  timeText,
} from './document.ts'

type Report = Extract<NotificationEvent, { kind: 'daily-report' }>

/** The day in one message; it comes and tells the truth also on a day on which nothing ran. */
export const reportDocument = (event: Report, given: Manner): Document => {
  const manner = { ...given, timeZone: event.timeZone }
  const { runs, missedTotal, vms, until } = event
  const ran = runs.succeeded + runs.warning + runs.failed + runs.cancelled
  const bad = runs.failed + runs.warning + missedTotal
  const silent = event.gateways.filter(gateway => gateway.silent)
  const time = `from ${timeText(event.from, manner)} to ${timeText(until, manner)}`
  const isFine =
    bad === 0 && silent.length === 0 && vms.unprotected === 0 && event.channels.length === 0
  return {
    severity: isFine ? 'info' : 'warning',
    subject: oneLine(`Daily report: ${headline(event, ran, silent.length)}`, 200),
    story: [
      ran === 0
        ? `Nothing ran ${time}.`
        : `${plural(ran, 'run')} ended ${time}: ${runsText(runs)}.`,
      ...(runs.open > 0 ? [`${plural(runs.open, 'run is', 'runs are')} still under way.`] : []),
      ...(missedTotal > 0
        ? [`${plural(missedTotal, 'scheduled run')} did not begin, or not on time.`]
        : []),
    ],
    facts: factsOf(event, manner),
    lists: listsOf(event, manner),
    advice: adviceOf(event, silent.length),
    ...linkTo(manner, 'runs', 'Open the console'),
  }
}

const headline = (
  { runs, missedTotal, vms, channels }: Report,
  ran: number,
  silent: number,
): string => {
  const parts = [
    ...(runs.failed > 0 ? [`${runs.failed} failed`] : []),
    ...(runs.warning > 0 ? [`${runs.warning} with warnings`] : []),
    ...(missedTotal > 0 ? [`${missedTotal} missed or late`] : []),
    ...(silent > 0 ? [`${plural(silent, 'gateway')} silent`] : []),
    ...(channels.length > 0 ? [`${plural(channels.length, 'channel')} failing`] : []),
    ...(vms.unprotected > 0 ? [`${plural(vms.unprotected, 'VM')} unprotected`] : []),
  ]
  if (parts.length > 0) return parts.join(', ')
  if (ran === 0) return 'nothing ran'
  return runs.cancelled > 0
    ? `${plural(ran, 'run')}, ${runs.cancelled} of them cancelled`
    : `${plural(ran, 'run')}, all well`
}

const runsText = ({ succeeded, warning, failed, cancelled }: Report['runs']): string =>
  [
    `${succeeded} succeeded`,
    `${warning} with warnings`,
    `${failed} failed`,
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
  ].join(', ')

const factsOf = (event: Report, manner: Manner): Document['facts'] => {
  const { points, store, vms, oldestPoint, newestCheck } = event
  return [
    {
      label: 'New recovery points',
      value:
        points.made === 0
          ? 'none'
          : `${points.made}, of disks of ${sizeText(points.bytesOfDisks)}; ${sizeText(points.bytesRead)} were read and ${sizeText(points.bytesStored)} stored`,
    },
    ...(store
      ? [
          {
            label: 'Storage',
            value: `${plural(store.points, 'recovery point has', 'recovery points have')} written ${sizeText(store.bytesStored)} for ${sizeText(store.bytesOfDisks)} of disks${ratioText(store)}`,
          },
        ]
      : [
          {
            label: 'Storage',
            value: 'not counted: there are too many recovery points for a message',
          },
        ]),
    {
      label: 'VMs',
      value: `${vms.known} known, ${vms.unprotected === 0 ? 'all protected by a policy' : `${vms.unprotected} that no policy protects`}`,
    },
    {
      label: 'Longest without a point',
      value: oldestPoint
        ? `${named(oldestPoint.name)}: ${timeText(oldestPoint.taken, manner)}, ${spanText(event.until - oldestPoint.taken)} ago`
        : 'there is no recovery point yet',
    },
    {
      label: 'Newest boot check',
      value: newestCheck
        ? oneLine(
            `${timeText(newestCheck.at, manner)}, ${named(newestCheck.name)}: ${newestCheck.sentence}`,
          )
        : 'none: whether points boot has not been tried',
    },
  ]
}

const ratioText = ({ bytesStored, bytesOfDisks }: NonNullable<Report['store']>): string =>
  bytesStored > 0 ? ` (${(bytesOfDisks / bytesStored).toFixed(1)} to 1)` : ''

const listsOf = (event: Report, manner: Manner): Document['lists'] => {
  const { runs, troubled, missed, unprotected, next, gateways, channels } = event
  const list = (title: string, items: string[], total = items.length): Document['lists'] =>
    items.length === 0
      ? []
      : [{ title, items: items.map(item => oneLine(item)), more: total - items.length }]
  return [
    ...list(
      'Did not end well',
      troubled.map(({ title, line, runId }) => `${oneLine(title, 100)}: ${line} (run ${runId})`),
      Math.max(troubled.length, runs.failed + runs.warning),
    ),
    ...list(
      'Did not begin, or not on time',
      missed.map(
        ({ policyName, due, why }) => `${named(policyName)}, due ${timeText(due, manner)}: ${why}`,
      ),
      event.missedTotal,
    ),
    ...list(
      'Not protected by any policy',
      unprotected.map(({ name, poolName }) => `${named(name)} in ${named(poolName)}`),
      event.vms.unprotected,
    ),
    ...list(
      'Gateways',
      gateways.map(
        ({ name, lastSeen, silent }) =>
          `${named(name)}: ${lastSeen === undefined ? 'never called' : `called ${timeText(lastSeen, manner)}${silent ? ', silent since' : ''}`}`,
      ),
    ),
    ...list(
      'Channels that do not get through',
      channels.map(
        ({ name, since, error }) => `${named(name)}, since ${timeText(since, manner)}: ${error}`,
      ),
    ),
    ...list(
      'Next runs',
      next.map(({ policyName, at }) => `${timeText(at, manner)}: ${named(policyName)}`),
    ),
  ]
}

const adviceOf = ({ runs, vms, channels, next, missedTotal }: Report, silent: number): string[] => [
  ...(runs.failed + runs.warning > 0
    ? ['Look at the runs that did not end well: each tells what to do ("xenkeep runs RUN").']
    : []),
  ...(missedTotal > 0
    ? ['See what kept the scheduled runs that are named below; start by hand what is needed now.']
    : []),
  ...(vms.unprotected > 0
    ? [
        'Add the unprotected VMs that need a backup to a policy: "xenkeep vms --unprotected" lists all of them.',
      ]
    : []),
  ...(silent > 0
    ? ['See to the silent gateways: nothing of their pools is backed up meanwhile.']
    : []),
  ...(channels.length > 0
    ? ['Repair the channels that do not get through: others may not hear of troubles.']
    : []),
  ...(next.length === 0
    ? ['No run is scheduled: make a policy with a schedule, or start runs yourself.']
    : []),
]
