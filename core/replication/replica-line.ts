import { countText } from '../count-text.ts'
import type { Replica } from './replica.ts'

/** How a replica stands, in plain words. */
export const replicaLine = (replica: Replica, now: number): string =>
  [
    phaseLine(replica, now),
    replica.last && !replica.last.ok ? `The last attempt failed: ${replica.last.line}` : '',
    replica.missed > 0
      ? `${countText(replica.missed, 'round was', 'rounds were')} not begun in ${replica.missed === 1 ? 'its' : 'their'} time.`
      : '',
  ]
    .filter(Boolean)
    .join(' ')
    .slice(0, 2_000)

const phaseLine = (
  { phase, current, standby, nextDue, failback }: Replica,
  now: number,
): string => {
  const held = standby
    ? `It holds the state of ${ago(now - standby.taken)} ago.`
    : 'It holds nothing yet.'
  switch (phase) {
    case 'standing-by':
      return current
        ? `A round is under way. ${held}`
        : `Standing by. ${held} The next round is ${nextDue <= now ? 'due' : `in ${ago(nextDue - now)}`}.`
    case 'failing-over':
      return `A failover was begun; rounds have stopped.${current ? '' : ' Repeat it, or give it up with "xenkeep replicate VM --resume".'}`
    case 'active':
      return `"${standby?.name ?? 'The standby'}" is the machine now; rounds have stopped.`
    case 'failing-back':
      return failback?.pointId === undefined
        ? 'Failing back: what it wrote is being backed up.'
        : failback.restoredUuid === undefined
          ? 'Failing back: it is being restored to its origin.'
          : 'Failing back: it becomes a standby again.'
    case 'stopped':
      return `Its replication is stopped. ${held}`
  }
}

/** `less than a minute`, `90 min`, `5 h` */
export const ago = (ms: number): string => {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  if (minutes === 0) return 'less than a minute'
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

/** How often a round is due: `15 min`, `1 h`, `90 s`. */
export const rhythmText = (seconds: number): string => {
  const [unit, size] = UNITS.find(([, one]) => seconds % one === 0) ?? ['s', 1]
  return `${seconds / size} ${unit}`
}
