import type { HoldView } from '#core/contracts/holds-api.ts'
import { holdLockText } from '#core/maintenance/held-locks.ts'
import { hasEnded } from '#core/maintenance/holds.ts'
import { action, answer, newCommand, type Program, type Session } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import type { Host } from '../../host.ts'
import { quoted, safeText } from '../../output/safe-text.ts'
import { type Column, table } from '../../output/table.ts'
import { ulid } from '../arguments.ts'

interface HoldOptions {
  vm?: string
  reason: string
  until?: string
}

/** `xenkeep points hold`. JSON: `{"hold":HoldView,"beingRemoved":[…]}`. */
export const holdCommand = (program: Program) =>
  newCommand('hold', 'forbid that a point, or any point of a VM, is deleted: a legal hold', [
    'xenkeep points hold 01JD9W5R6D3S0Q6Z1B4W8TXY2K --reason "court file 12 C 34/26"',
    'xenkeep points hold --vm db-01 --reason "audit 2026" --until 2027-12-31',
  ])
    .argument('[point]', 'id of the point')
    .option('--vm <vm>', 'all points of this VM, those to come too (exact name or UUID)')
    .requiredOption('--reason <text>', 'why, in words: whoever looks later reads it')
    .option('--until <day>', 'the first day on which it holds no more (UTC); else until released')
    .action(
      action(program, async (session, point: string | undefined, options: HoldOptions) => {
        const on = await heldBy(session, point, options.vm)
        const { reason } = options
        const until = options.until === undefined ? undefined : dayOf(options.until)
        const body = { on, reason, ...(until !== undefined && { until }) }
        const reply = await session.client.call('placeHold', { body })
        answer(session, reply, () => [
          `Held: ${nameOf(reply.hold)}. Neither retention nor anybody deletes it ${until === undefined ? 'until the hold is released' : `before ${options.until}`}.`,
          lockedText(reply.hold),
          ...reply.beingRemoved.map(
            pointId =>
              `WARNING: a job may be deleting ${pointId} at this very moment; for it the hold may have come too late.`,
          ),
        ])
        const isLate = reply.beingRemoved.length > 0
        return isLate ? ExitCode.partly : ExitCode.ok
      }),
    )

/** `xenkeep points release`. JSON: `{"released":true}`. */
export const releaseCommand = (program: Program) =>
  newCommand('release', 'end a legal hold; nothing is deleted by that', [
    'xenkeep points release 01JD9W5R6D3S0Q6Z1B4W8TXY2K --reason "case closed"',
    'xenkeep points release --vm db-01 --reason "audit 2026 done"',
  ])
    .argument('[point]', 'id of the point')
    .option('--vm <vm>', 'the hold on all points of this VM (exact name or UUID)')
    .requiredOption('--reason <text>', 'why, in words')
    .action(
      action(program, async (session, point: string | undefined, options: HoldOptions) => {
        const on = await heldBy(session, point, options.vm)
        const reply = await session.client.call('releaseHold', {
          body: { on, reason: options.reason },
        })
        answer(session, reply, () => [
          reply.released
            ? 'Released. What has expired is removed by the next maintenance run.'
            : 'There was no hold on it.',
          ...(reply.lockedUntil === undefined
            ? []
            : [
                `Locks that the hold has set in the store stay; the last of them ends on ${session.host.time(reply.lockedUntil)}.`,
              ]),
        ])
        return ExitCode.ok
      }),
    )

/** `xenkeep points holds`. JSON: `{"holds":[HoldView]}`. */
export const holdsCommand = (program: Program) =>
  newCommand(
    'holds',
    'list the legal holds: on what, by whom, why, and how they are locked in the store',
    ['xenkeep points holds'],
  ).action(
    action(program, async session => {
      const holds = await listAll(session.client, 'listHolds')
      answer(session, { holds }, () =>
        holds.length > 0 ? table(columns(session.host), holds) : ['There is no legal hold.'],
      )
      return ExitCode.ok
    }),
  )

const columns = ({ time, now }: Pick<Host, 'time' | 'now'>): Column<HoldView>[] => [
  { title: 'ON', cell: nameOf },
  { title: 'SINCE', cell: hold => time(hold.at) },
  { title: 'UNTIL', cell: ({ until }) => (until === undefined ? 'released' : time(until)) },
  { title: 'IN THE STORE', cell: hold => safeText(storeText(hold, now())) },
  { title: 'BY', cell: hold => safeText(hold.by) },
  { title: 'WHY', cell: hold => safeText(hold.reason) },
]

const storeText = (hold: HoldView, now: number): string => {
  if (hasEnded(hold, now)) return 'ENDED, keeps nothing any more'
  return hold.lock ? holdLockText(hold.lock) : 'not known'
}

/** A gateway locks it in a moment; until then only the catalog keeps it. */
const lockedText = ({ lock }: HoldView): string => {
  if (!lock) return 'How it is locked in the store is not known: the control plane is older.'
  if (lock.state !== 'asked')
    return `In the store: ${safeText(holdLockText(lock))}.`.replace(/\.\.$/, '.')
  return lock.points === 0
    ? 'There is no point yet; those to come are locked in the store within a quarter of an hour.'
    : 'A gateway is asked to lock it in the store; "xenkeep points holds" tells when it is.'
}

const nameOf = ({ pointId, vmUuid, vmName }: HoldView): string => {
  const name = vmName === undefined ? '' : ` ${quoted(vmName)}`
  return pointId === undefined ? `all points of VM${name || ` ${vmUuid}`}` : `${pointId} of${name}`
}

/** @throws `USAGE` */
const heldBy = async (session: Session, point: string | undefined, vm: string | undefined) => {
  if ((point === undefined) === (vm === undefined))
    throw new UsageError('Name a point, or a VM with --vm.')
  if (point !== undefined) return { pointId: ulid(point, 'recovery point', 'xenkeep points') }
  return { vmUuid: await vmUuidOf(session, vm ?? '') }
}

/** A VM that is gone has points, and one that is new may get some. @throws `USAGE` */
const vmUuidOf = async ({ client }: Session, wanted: string): Promise<string> => {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(wanted)) return wanted.toLowerCase()
  const points = await listAll(client, 'listPoints', { vm: wanted })
  const vms = await listAll(client, 'listVms')
  const found = new Set([
    ...points.map(({ vmUuid }) => vmUuid),
    ...vms.filter(({ name }) => name === wanted).map(({ uuid }) => uuid),
  ])
  const [only] = found
  if (only !== undefined && found.size === 1) return only
  throw new UsageError(
    `${quoted(wanted)} is the name of ${found.size === 0 ? 'no VM' : `${found.size} VMs`}.`,
    `Name it by its UUID: ${[...found].join(', ') || '"xenkeep vms" lists them'}`,
  )
}

/** @throws `USAGE` */
const dayOf = (text: string): number => {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(day)) throw new UsageError(`${quoted(text)} is no day, as 2027-12-31.`)
  return day
}
