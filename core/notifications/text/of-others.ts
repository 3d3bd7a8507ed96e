import type { NotificationEvent } from '../../contracts/notifications.ts'
import type { Context } from '../series.ts'
import {
  type Document,
  linkTo,
  type Manner,
  named,
  oneLine,
  plural,
  sentence,
  spanText,
  timeText,
} from './document.ts'
import { inARow } from './of-run.ts'

type EventOf<K extends NotificationEvent['kind']> = Extract<NotificationEvent, { kind: K }>

const document = (
  severity: Document['severity'],
  subject: string,
  parts: Partial<Document>,
): Document => ({
  story: [],
  facts: [],
  lists: [],
  advice: [],
  ...parts,
  severity,
  subject: oneLine(subject, 200),
})

export const scheduleMissed = (
  event: EventOf<'schedule-missed'>,
  context: Context,
  manner: Manner,
): Document => {
  const { policyId, policyName, late = false, due, why } = event
  const what =
    policyId === undefined
      ? 'The daily maintenance of the repository'
      : `The run of policy ${named(policyName)}`
  const subject = late ? 'A scheduled run did not begin on time' : 'A scheduled run did not begin'
  return document(late ? 'warning' : 'error', `${subject}: ${named(policyName, 80)}`, {
    story: [
      ...inARow(context, manner),
      `${what} that was due ${timeText(due, manner)} did not begin${late ? ' on time' : ''}: ${oneLine(why.message)}`,
      ...(policyId === undefined
        ? [
            'It is tried again every few minutes until the day is over. Until it runs, nothing that expired is removed and nothing is verified.',
          ]
        : []),
    ],
    facts: [{ label: 'Why', value: why.code }],
    advice: [oneLine(why.advice)],
    ...(policyId === undefined
      ? linkTo(manner, 'repository', 'Show the repository in the console')
      : linkTo(manner, `policies/${policyId}`, 'Show the policy in the console')),
  })
}

export const gatewaySilent = (
  { name, lastSeen, pools, gatewayId, at }: EventOf<'gateway-silent'>,
  manner: Manner,
): Document =>
  document('error', `Gateway ${named(name, 80)} is silent`, {
    story: [
      lastSeen === undefined
        ? `The gateway ${named(name)} has never called.`
        : `The gateway ${named(name)} called last ${timeText(lastSeen, manner)}, ${spanText(at - lastSeen)} ago.`,
      pools.length === 0
        ? 'It serves no pool.'
        : `Unless another gateway serves them, nothing of these pools is backed up or restored meanwhile: ${oneLine(pools.map(pool => named(pool)).join(', '))}.`,
    ],
    advice: [
      'See whether its machine and process run, and whether it reaches the control plane over HTTPS.',
    ],
    ...linkTo(manner, `gateways/${gatewayId}`, 'Show the gateway in the console'),
  })

export const gatewayBack = (
  { name, silentSince, backSince, gatewayId, at }: EventOf<'gateway-back'>,
  manner: Manner,
): Document =>
  document('info', `Gateway ${named(name, 80)} is back`, {
    story: [
      `The gateway ${named(name)} calls again since ${timeText(backSince ?? at, manner)}; it fell silent ${spanText((backSince ?? at) - silentSince)} before. Jobs that waited for it go on by themselves.`,
    ],
    ...linkTo(manner, `gateways/${gatewayId}`, 'Show the gateway in the console'),
  })

export const vmUnprotected = (
  { vms, total }: EventOf<'vm-unprotected'>,
  manner: Manner,
): Document =>
  document(
    'warning',
    total === 1
      ? `No policy protects ${named(vms[0]?.name ?? '', 80)}`
      : `No policy protects ${plural(total, 'VM')}`,
    {
      story: [
        total === 1
          ? 'A VM was found that no policy with a schedule takes. It is told once; a daily report counts it until one does.'
          : `${total} VMs were found that no policy with a schedule takes. Each is told once; a daily report counts them until one does.`,
      ],
      lists: [
        {
          title: 'Not protected',
          items: vms.map(({ name, poolName }) => oneLine(`${named(name)} in ${named(poolName)}`)),
          more: Math.max(0, total - vms.length),
        },
      ],
      advice: [
        total === 1
          ? 'Add it to a policy where it needs a backup: "xenkeep vms --unprotected" lists what none takes.'
          : 'Add those that need a backup to a policy: "xenkeep vms --unprotected" lists all that none takes.',
      ],
      ...linkTo(manner, 'vms', 'Show the VMs in the console'),
    },
  )

export const damageFound = (
  event: EventOf<'damage-found'>,
  context: Context,
  manner: Manner,
): Document => {
  const { during, findings, total, points, pointsTotal = points.length } = event
  return document('critical', `Damage found in the repository: ${plural(total, 'finding')}`, {
    story: [
      ...inARow(context, manner),
      `During ${oneLine(during)}, ${plural(total, 'thing was', 'things were')} found that should not be so.`,
      points.length === 0
        ? 'No recovery point is known to be affected.'
        : `${plural(pointsTotal, 'recovery point')} cannot be restored in full.`,
    ],
    lists: [
      {
        title: 'Findings',
        items: findings.map(finding => oneLine(finding)),
        more: Math.max(0, total - findings.length),
      },
      ...(points.length > 0
        ? [
            {
              title: 'Recovery points',
              items: points.map(({ pointId, name, taken }) =>
                oneLine(
                  `${name === '' ? 'of an unknown VM' : named(name)}${taken === undefined ? '' : `, ${timeText(taken, manner)}`} (${pointId})`,
                ),
              ),
              more: Math.max(0, pointsTotal - points.length),
            },
          ]
        : []),
    ],
    advice: [
      'Run "xenkeep check" to see what is damaged and what heals by itself; the next backup of a VM writes again what it misses.',
    ],
    ...linkTo(manner, 'points', 'Show the recovery points in the console'),
  })
}

export const approvalAsked = (
  event: EventOf<'restore-approval-asked'>,
  manner: Manner,
): Document => {
  const isLook = event.asksFor === 'files'
  const what = isLook ? 'look at files' : 'restore'
  return document('warning', `A ${what} waits for approval: ${oneLine(event.title, 100)}`, {
    story: [sentence(`${oneLine(event.askedBy)} asks for a ${what}: ${oneLine(event.title)}`)],
    facts: [
      { label: 'Approval', value: event.approvalId },
      ...(event.validUntil === undefined
        ? []
        : [{ label: 'Valid until', value: timeText(event.validUntil, manner) }]),
    ],
    advice: [
      `Ask the person by another way whether it is meant, then "xenkeep runs approve ${event.runId ?? event.approvalId}" or "xenkeep runs decline ${event.runId ?? event.approvalId}". Until then nothing is ${isLook ? 'shown' : 'restored'}.`,
    ],
    ...linkTo(manner, `approvals/${event.approvalId}`, 'Decide in the console'),
  })
}

export const regionTakenOver = (event: EventOf<'region-taken-over'>, manner: Manner): Document =>
  document(
    'critical',
    `Control plane moved from ${oneLine(event.from, 60)} to ${oneLine(event.to, 60)}`,
    {
      story: [
        `${oneLine(event.by)} moved the control plane from ${oneLine(event.from)} to ${oneLine(event.to)} at ${timeText(event.at, manner)}.`,
        ...(event.why ? [oneLine(event.why)] : []),
      ],
      facts: [{ label: 'Epoch', value: String(event.epoch) }],
      advice: [
        'Runs that were open go on there by themselves. If this was not planned, see to the region that was left.',
      ],
      ...linkTo(manner, '', 'Open the console'),
    },
  )

export const channelTest = ({ by, at }: EventOf<'channel-test'>, manner: Manner): Document =>
  document('info', 'Test message of XenKeep', {
    story: [
      `${oneLine(by)} asked for this message ${timeText(at, manner)}. If you can read it, the channel works.`,
    ],
    ...linkTo(manner, '', 'Open the console'),
  })

/** A newer version announced it, and this one took its place again, or runs beside it. */
export const ofAnotherVersion = ({ kind }: { kind: string }): Document =>
  document('warning', `Something happened that this version cannot put in words: ${kind}`, {
    story: [
      `A newer version of XenKeep announced an event of the kind ${named(kind)}, which the running one does not know.`,
    ],
    advice: ['"xenkeep notifications --json" shows its ids and names; update the control plane.'],
  })

const WORDS: Record<string, string> = {
  'run-succeeded': 'run succeeded',
  'run-warning': 'run ended with warnings',
  'run-failed': 'run failed',
  'schedule-missed': 'scheduled run did not begin',
  'gateway-silent': 'gateway fell silent',
  'gateway-back': 'gateway came back',
  'vm-unprotected': 'finding of unprotected VMs',
  'damage-found': 'finding of damage',
  'unusual-change': 'unusual change of a VM',
}

export const summary = (
  { from, held, named: which = [], at }: EventOf<'summary'>,
  manner: Manner,
): Document => {
  const total = Object.values(held).reduce((sum, count) => sum + count, 0)
  const counts = Object.entries(held).map(([kind, count]) => `${count} × ${WORDS[kind] ?? kind}`)
  const isDamage = 'damage-found' in held
  const isBad = Object.keys(held).some(kind => kind !== 'run-succeeded' && kind !== 'gateway-back')
  const severity = isDamage ? 'critical' : isBad ? 'warning' : 'info'
  return document(severity, `${plural(total, 'more message')} in one: ${counts.join(', ')}`, {
    story: [
      `From ${timeText(from, manner)} to ${timeText(at, manner)} more happened than this channel takes at once or in an hour. ${plural(total, 'message was', 'messages were')} not sent one by one; this one stands for them.`,
    ],
    lists: [
      {
        title: 'Not told one by one',
        items: counts,
        more: 0,
      },
      ...(which.length > 0
        ? [
            {
              title: 'Which',
              items: which.map(({ kind, name }) => `${named(name)}: ${WORDS[kind] ?? kind}`),
              more: Math.max(0, total - which.length),
            },
          ]
        : []),
    ],
    advice: ['"xenkeep notifications" shows each of them.'],
    ...linkTo(manner, 'notifications', 'Show them in the console'),
  })
}
