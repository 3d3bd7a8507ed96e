import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { lockText } from '#core/points/lock-text.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { ExitCode } from '../exit-codes.ts'
import { pointFacts, pointKind, pointReasons } from '../follow/job-text.ts'
import type { Host } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { formatBytes } from '../output/units.ts'
import { wholeNumber, withinLimit } from './arguments.ts'
import { deletePointCommand } from './points/delete.ts'
import { holdCommand, holdsCommand, releaseCommand } from './points/holds.ts'
import { showPointCommand } from './points/show.ts'
import { bootText, POINT_KINDS, trouble } from './points/text.ts'

/** `xenkeep points`: what can be restored, and how each point came about. JSON: `{"points":[ListedPoint]}`. */
export const pointsCommand = (program: Program) =>
  newCommand(
    'points',
    'list recovery points, newest first: how they were read and what they stored',
    [
      'xenkeep points',
      'xenkeep points --vm db-01 --limit 5',
      'xenkeep points show 01JD9W5R6D3S0Q6Z1B4W8TXY2K',
      'xenkeep points hold --vm db-01 --reason "court file 12 C 34/26"',
      "xenkeep points --json | jq '.points[0].disks'",
    ],
  )
    .option('--vm <vm>', 'only those of this VM, template, pool or host (exact name or UUID)')
    .option('--limit <n>', 'at most this many', wholeNumber, 100)
    .action(
      action(program, async (session, { vm, limit }: { vm?: string; limit: number }) => {
        const found = await listAll(session.client, 'listPoints', vm ? { vm } : {}, limit + 1)
        const points = withinLimit(session, found, limit)
        answer(session, { points }, () =>
          points.length > 0
            ? table(columnsFor(points, session.host), points)
            : [
                vm
                  ? `There is no recovery point of ${quoted(vm)}. "xenkeep backup" makes one.`
                  : 'There is no recovery point yet. "xenkeep backup VM" makes the first one.',
              ],
        )
        return ExitCode.ok
      }),
    )
    .addCommand(showPointCommand(program))
    .addCommand(deletePointCommand(program))
    .addCommand(holdCommand(program))
    .addCommand(releaseCommand(program))
    .addCommand(holdsCommand(program))

/** Where there is no second copy, nothing is said of one. */
const columnsFor = (points: readonly ListedPoint[], host: Host): Column<ListedPoint>[] => {
  const all = columns(host)
  return points.some(({ replicated }) => replicated) ? all : all.filter(one => one !== SECOND_COPY)
}

const SECOND_COPY: Column<ListedPoint> = {
  title: 'SECOND COPY',
  cell: ({ replicated }) => safeText(replicated?.text ?? '-'),
}

const columns = ({ time, now }: Pick<Host, 'time' | 'now'>): Column<ListedPoint>[] => [
  { title: 'POINT', cell: point => point.pointId },
  { title: 'KIND', cell: ({ kind = 'vm' }) => POINT_KINDS[kind] },
  { title: 'NAME', cell: point => safeText(point.vmName) },
  { title: 'TAKEN', cell: point => time(point.taken) },
  {
    title: 'CONSISTENCY',
    cell: point =>
      point.weakerBecause && point.method
        ? `${point.consistency} (asked: ${point.method})`
        : point.consistency,
  },
  { title: 'READING', cell: pointKind },
  {
    title: 'SIZE',
    cell: ({ disks, contents = disks }) =>
      formatBytes(contents.reduce((sum, { size }) => sum + size, 0)),
    align: 'right',
  },
  { title: 'READ', cell: point => formatBytes(point.bytesRead), align: 'right' },
  { title: 'NEW', cell: point => formatBytes(point.bytesNew), align: 'right' },
  { title: 'STORED', cell: point => formatBytes(point.bytesStored), align: 'right' },
  { title: 'LOCKED', cell: point => lockText(point, now()) },
  SECOND_COPY,
  { title: 'BOOTED', cell: point => bootText(point, time) },
  { title: 'WHY', cell: whyText },
]

const heldText = ({ held }: ListedPoint): string[] => (held === undefined ? [] : [safeText(held)])

/** Sentences in a row, without their full stops. */
const whyText = (point: ListedPoint): string =>
  [...trouble(point), ...heldText(point), ...pointReasons(point), ...pointFacts(point)]
    .map(text => text.replace(/\.$/, ''))
    .join('; ')
