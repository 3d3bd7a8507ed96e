import type { HoldView } from '#core/contracts/holds-api.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { lockText } from '#core/points/lock-text.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { ExitCode } from '../../exit-codes.ts'
import { pointFacts, pointKind, pointReasons } from '../../follow/job-text.ts'
import type { Host } from '../../host.ts'
import { quoted, safeText } from '../../output/safe-text.ts'
import { formatBytes } from '../../output/units.ts'
import { resolvePoint } from '../resolve-point.ts'
import { findPoint } from './delete.ts'
import { bootText, explained, POINT_KINDS, trouble } from './text.ts'

/** `xenkeep points show`. JSON: `{"point":ListedPoint,"holds":[HoldView]}`. */
export const showPointCommand = (program: Program) =>
  newCommand('show', 'one recovery point: what keeps it, and when it was last found good', [
    'xenkeep points show 01JD9W5R6D3S0Q6Z1B4W8TXY2K',
    'xenkeep points show latest:db-01',
  ])
    .argument('<point>', 'id of the point, or latest:VM (exact name or UUID)')
    .action(
      action(program, async (session, wanted: string) => {
        const pointId = await resolvePoint(session, wanted)
        const point = await findPoint(session, pointId)
        const now = session.host.now()
        const holds = (await listAll(session.client, 'listHolds')).filter(
          ({ pointId: held, vmUuid, until = Number.POSITIVE_INFINITY }) =>
            (held === pointId || vmUuid === point.vmUuid) && until > now,
        )
        answer(session, { point, holds }, () => pointLines(point, holds, session.host))
        return point.damaged || point.vanished !== undefined ? ExitCode.damaged : ExitCode.ok
      }),
    )

const pointLines = (
  point: ListedPoint,
  holds: readonly HoldView[],
  { time, now }: Pick<Host, 'time' | 'now'>,
): string[] => {
  const { kind = 'vm', disks, contents = disks, replicated, readBack } = point
  return [
    `${point.pointId}: ${POINT_KINDS[kind]} ${quoted(point.vmName)}`,
    `  taken          ${time(point.taken)}, written ${time(point.committed)}`,
    `  consistency    ${point.consistency}${point.weakerBecause && point.method ? ` (asked: ${point.method})` : ''}`,
    `  size           ${formatBytes(contents.reduce((sum, { size }) => sum + size, 0))}, ${pointKind(point)}, ${formatBytes(point.bytesStored)} stored`,
    `  locked         ${lockText(point, now())}`,
    `  legal hold     ${holds.length === 0 ? 'none' : holds.map(({ by, at, reason }) => `${safeText(by)}, ${time(at)}: ${safeText(reason)}`).join('; ')}`,
    `  read back      ${safeText(readBack?.text ?? 'no verification has told yet')}`,
    `  booted         ${bootText(point, time)}`,
    ...(replicated ? [`  second copy    ${safeText(replicated.text)}`] : []),
    ...[
      ...trouble(point),
      ...explained(point, time),
      ...pointReasons(point),
      ...pointFacts(point),
    ].map(text => `  note           ${safeText(text)}`),
  ]
}
