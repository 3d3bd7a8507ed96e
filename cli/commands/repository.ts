import type { RepositoryView } from '#core/contracts/repository-api.ts'
import { lagText } from '#core/replicated/text.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { count, formatBytes, formatDuration } from '../output/units.ts'

/** `xenkeep repository`. JSON: `{"repository":RepositoryView}`. */
export const repositoryCommand = (program: Program) =>
  newCommand(
    'repository',
    'what is stored, how much of it was ever verified and when, what takes care of it',
    [
      'xenkeep repository',
      "xenkeep repository --json | jq '.repository.verification.report.state'",
    ],
  ).action(
    action(program, async session => {
      const repository = await session.client.call('getRepository')
      answer(session, { repository }, () => repositoryLines(repository, session.host))
      const damages = repository.verification?.report.damages ?? 0
      return damages > 0 ? ExitCode.damaged : ExitCode.ok
    }),
  )

export const repositoryLines = (
  view: RepositoryView,
  { now, time }: Pick<Host, 'now' | 'time'>,
): string[] => [
  `Repository ${safeText(view.address)}${view.repositoryId ? ` (${view.repositoryId})` : ''}`,
  `  points         ${pointsText(view)}`,
  `  stored         ${storedText(view, time)}`,
  ...(view.locks ? [`  locked         ${locksText(view.locks)}`] : []),
  ...(view.holds > 0 ? [`  legal holds    ${holdsText(view)}`] : []),
  `  last retention ${retentionText(view, time)}`,
  `  last garbage   ${collectionText(view, time)}`,
  `  verification   ${verificationText(view, now(), time)}`,
  ...(view.readBack ? [`  read back      ${readBackText(view.readBack, time)}`] : []),
  ...damageText(view).map(line => `                 ${line}`),
  ...(view.replica ? [`  second copy    ${replicaText(view.replica, time)}`] : []),
  `  by itself      ${scheduleText(view, time)}`,
  `  done by        ${gatewaysText(view)}`,
]

const pointsText = ({ points }: RepositoryView): string =>
  points.count === 0
    ? 'none yet'
    : `${points.more ? 'more than ' : ''}${count(points.count, 'recovery point')} of ${count(points.vms, 'VM')}, ${formatBytes(points.bytesOfDisks)} of disks${points.more ? ' in the newest of them' : ''}`

const storedText = ({ stored, points }: RepositoryView, time: Host['time']): string =>
  stored
    ? `${formatBytes(stored.bytes)} on ${time(stored.at)}${stored.ratio === undefined ? '' : `: the disks of all points are ${stored.ratio} times as much`}`
    : `${formatBytes(points.bytesStored)} were written for these points; how much is stored is known after the first verification`

const locksText = ({ days, unlocked, untold }: NonNullable<RepositoryView['locks']>): string => {
  const locked = days.reduce((sum, { points }) => sum + points, 0)
  const span =
    locked > 0 ? `, the first until ${days[0]?.day}, the last until ${days.at(-1)?.day} (UTC)` : ''
  const told = [
    `${count(locked, 'point')}${span}`,
    ...(unlocked > 0 ? [`${unlocked.toLocaleString('en')} not, or not any more`] : []),
    ...(untold > 0 ? [`of ${untold.toLocaleString('en')} the store did not tell`] : []),
  ]
  return `${told.join('; ')}. As the store showed it when each was made`
}

const retentionText = ({ retention }: RepositoryView, time: Host['time']): string => {
  if (!retention) return 'never looked for expired points'
  const { at, points, left } = retention
  const more = left > 0 ? `, ${left.toLocaleString('en')} MORE WERE LEFT for the next run` : ''
  return `${time(at)}: ${count(points, 'expired point')} to be removed${more}`
}

const holdsText = ({ holds, holdLocks }: RepositoryView): string => {
  const { locked = 0, asked = 0, failed = 0, impossible = 0 } = holdLocks ?? {}
  const told = [
    ...(locked > 0 ? [`${locked} locked in the store`] : []),
    ...(asked > 0 ? [`${asked} asked to be`] : []),
    ...(failed > 0 ? [`${failed} FAILED to be`] : []),
    ...(impossible > 0 ? [`${impossible} NOT LOCKED, as the store cannot`] : []),
  ]
  return `${holds}${told.length > 0 ? `: ${told.join(', ')}` : ''} ("xenkeep points holds" lists them)`
}

const collectionText = ({ collection }: RepositoryView, time: Host['time']): string => {
  if (!collection) return 'never collected'
  const { at, removed, condemned, locked } = collection.report
  const more = [
    ...(condemned.bytes > 0 ? [`${formatBytes(condemned.bytes)} to be freed next`] : []),
    ...(locked.bytes > 0 ? [`${formatBytes(locked.bytes)} wait for the end of their lock`] : []),
  ]
  return `${time(at)}: ${formatBytes(removed.bytes)} freed${more.length > 0 ? `, ${more.join(', ')}` : ''}`
}

const verificationText = (
  { verification }: RepositoryView,
  now: number,
  time: Host['time'],
): string => {
  if (!verification) return 'NEVER VERIFIED'
  const { at, state } = verification.report
  const { packs, never, oldest } = state
  if (packs === 0) return 'nothing is stored yet that could be verified'
  const read = `${(packs - never.packs).toLocaleString('en')} of ${count(packs, 'pack')} were read in full at least once`
  const age =
    oldest === undefined
      ? ''
      : `, the one that was read longest ago ${formatDuration(Math.max(0, now - oldest) / 1_000)} ago`
  return `${time(at)}: ${read}${age}`
}

const readBackText = (
  { at, days, whole, overdue }: NonNullable<RepositoryView['readBack']>,
  time: Host['time'],
): string =>
  `${time(at)}: all of ${count(whole, 'recovery point')} within ${count(days, 'day')}${overdue > 0 ? `; ${overdue.toLocaleString('en')} OVERDUE ("xenkeep maintenance --only verify --level 2" reads everything)` : '; none is overdue'}`

const damageText = ({ verification }: RepositoryView): string[] => {
  const { damages = 0, affected = [], findings = [] } = verification?.report ?? {}
  if (damages === 0) return []
  return [
    `DAMAGE: ${count(damages, 'object')}, parts of ${count(affected.length, 'point')} cannot be read`,
    ...findings.slice(0, 5).map(({ message }) => safeText(message)),
    'What to do: docs/maintenance.md, "When damage is found".',
  ]
}

const replicaText = (
  { place, compared, trouble }: NonNullable<RepositoryView['replica']>,
  time: Host['time'],
): string => {
  const seen = compared
    ? `${compared.restorable.toLocaleString('en')} of ${count(compared.points, 'recovery point')} could be restored from it alone on ${time(compared.asOf)}${compared.lag ? `, at most ${lagText(compared.lag)} behind` : ''}`
    : 'never compared'
  const failed = trouble
    ? `; COULD NOT BE COMPARED on ${time(trouble.at)}: ${safeText(trouble.message)}`
    : ''
  return `${safeText(place)}: ${seen}${failed}`
}

const scheduleText = ({ schedule }: RepositoryView, time: Host['time']): string => {
  if (!schedule.enabled) return 'no: somebody has to start "xenkeep maintenance"'
  const last = schedule.last === undefined ? 'not yet' : `last ${time(schedule.last)}`
  const trouble =
    schedule.trouble === undefined ? '' : `; COULD NOT BEGIN: ${safeText(schedule.trouble)}`
  return `each day at ${schedule.at} (${safeText(schedule.timeZone)}), ${last}${trouble}`
}

const gatewaysText = ({ gateways }: RepositoryView): string =>
  gateways.length === 0
    ? 'NOBODY: no gateway is marked; "xenkeep gateways set NAME --maintenance" marks one'
    : gateways
        .map(({ name, keeper }) => `${quoted(name)}${keeper ? '' : ' (standing by, or silent)'}`)
        .join(', ')
