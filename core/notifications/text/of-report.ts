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
import { adviceOf, listsOf } from './report-parts.ts'

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
    bad === 0 &&
    silent.length === 0 &&
    vms.unprotected === 0 &&
    event.channels.length === 0 &&
    !event.verification?.overdue &&
    !event.verification?.damages
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
  { runs, missedTotal, vms, channels, verification }: Report,
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
    ...(verification?.damages ? ['damage in the repository'] : []),
    ...(verification?.overdue ? ['verification overdue'] : []),
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
  const { points, store, vms, oldestPoint, newestCheck, verification, pointless = 0 } = event
  return [
    {
      label: 'New recovery points',
      value:
        points.made === 0
          ? 'none'
          : `${points.counted === undefined ? '' : 'at least '}${points.made}, of disks of ${sizeText(points.bytesOfDisks)}; ${sizeText(points.bytesRead)} were read and ${sizeText(points.bytesStored)} stored`,
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
            value: `not counted: of more than ${points.counted ?? 5_000} recovery points only the newest were looked at`,
          },
        ]),
    {
      label: 'VMs',
      value: `${vms.known} known, ${vms.unprotected === 0 ? 'all protected by a policy' : `${vms.unprotected} that no policy protects`}${pointless > 0 ? `, ${pointless} that a policy takes without a recovery point yet` : ''}`,
    },
    {
      label: 'Longest without a point',
      value: oldestPoint
        ? `${named(oldestPoint.name)}: ${timeText(oldestPoint.taken, manner)}, ${spanText(event.until - oldestPoint.taken)} ago`
        : 'no VM that a policy takes has a recovery point yet',
    },
    ...(verification
      ? [{ label: 'Verification', value: verifiedText(verification, event.until, manner) }]
      : []),
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

const verifiedText = (
  {
    last,
    packs = 0,
    neverRead = 0,
    overdue,
    damages = 0,
    points,
  }: NonNullable<Report['verification']>,
  until: number,
  manner: Manner,
): string => {
  const late = overdue ? ', overdue' : ''
  if (last === undefined) return `never${late}`
  const unread =
    neverRead > 0 ? `; ${neverRead} of ${plural(packs, 'pack')} were never read in full` : ''
  const damage = damages > 0 ? `; ${plural(damages, 'object')} DAMAGED` : ''
  const read = points
    ? `; all of ${plural(points.whole, 'recovery point')} read back within ${plural(points.days, 'day')}, ${points.overdue} overdue${points.at === undefined || points.at === last ? '' : ` as of ${timeText(points.at, manner)}`}`
    : ''
  return `${timeText(last, manner)}, ${spanText(until - last)} ago${late}${damage}${unread}${read}`
}

const ratioText = ({ bytesStored, bytesOfDisks }: NonNullable<Report['store']>): string =>
  bytesStored > 0 ? ` (${(bytesOfDisks / bytesStored).toFixed(1)} to 1)` : ''
