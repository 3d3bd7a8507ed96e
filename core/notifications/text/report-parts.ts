import type { NotificationEvent } from '../../contracts/notifications.ts'
import {
  type Document,
  type Manner,
  named,
  oneLine,
  plural,
  spanText,
  timeText,
} from './document.ts'

type Report = Extract<NotificationEvent, { kind: 'daily-report' }>

/** What is named in a daily report. */
export const listsOf = (event: Report, manner: Manner): Document['lists'] => {
  const { runs, troubled, missed, unprotected, next, gateways, channels, ages = [], locks } = event
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
      'Newest recovery point, oldest first',
      ages
        .slice(0, 10)
        .map(
          ({ name, taken }) =>
            `${named(name)}: ${taken === undefined ? 'none yet' : `${timeText(taken, manner)}, ${spanText(event.until - taken)} ago`}`,
        ),
      // Of a report of before VMs were named there are none.
      Math.max(Math.min(10, ages.length), event.vms.known - event.vms.unprotected),
    ),
    ...list(
      'Locks that end within a week',
      (locks?.named ?? []).map(
        ({ name, until }) => `${named(name)}: a point until ${timeText(until, manner)}`,
      ),
      locks?.total,
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

/** What a day asks for. */
export const adviceOf = (
  { runs, vms, channels, next, missedTotal, pointless = 0, verification }: Report,
  silent: number,
): string[] => [
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
  ...(pointless > 0
    ? [
        `See that ${plural(pointless, 'VM')} that a policy takes and that ${pointless === 1 ? 'has' : 'have'} no recovery point yet ${pointless === 1 ? 'gets' : 'get'} one: run the policy, or wait for its time.`,
      ]
    : []),
  ...(verification?.overdue
    ? ['Verify the repository: "xenkeep maintenance". See that a gateway is marked for it.']
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
