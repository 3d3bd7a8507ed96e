import type { PointSummary } from '#core/contracts/points.ts'
import { toProblem } from '#core/errors/base.ts'
import { isDamage } from '#core/errors/repository.ts'
import {
  type DescribedPoint,
  describedSize,
  describePoint,
  disksOf,
} from '#core/points/described-point.ts'
import { lockText } from '#core/points/lock-text.ts'
import type { Point, PointRef, Repository } from '#repository/index.ts'
import { answer, type Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { type Host, tell } from '../host.ts'
import { problemLines } from '../output/failure.ts'
import { safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { count, formatBytes } from '../output/units.ts'
import { type RepositoryOptions, withRepository } from './open.ts'

export interface PointsOptions extends RepositoryOptions {
  name?: string
  /** ask the store how each point is locked */
  locks?: true
}

/** How the store shows a point to be locked, by its id. */
type Locks = ReadonlyMap<string, PointSummary['lock']>

const READS = 16 // commit records asked for at once

/** @returns `damaged` when a commit record cannot be read */
export const points = (session: Session, options: PointsOptions): Promise<ExitCode> =>
  withRepository(session, options, async repository => {
    const { readable, unreadable } = await readAll(repository)
    const { name } = options
    const shown = readable
      .filter(each => name === undefined || each.name === name || each.point.vmUuid === name)
      .sort((a, b) => (a.point.id < b.point.id ? 1 : -1))
    const problems = unreadable.map(({ ref, error }) => ({ point: ref.id, ...toProblem(error) }))
    for (const problem of problems) tell(session.host, ...problemLines(problem, 'xenkeep: '))
    const locks = options.locks ? await readLocks(repository, shown) : undefined
    const documents = shown.map(each => documentOf(each, locks))
    answer(session, { points: documents, unreadable: problems }, () =>
      shown.length > 0
        ? table(columns(session.host, locks), shown)
        : [
            name === undefined
              ? 'There is no recovery point.'
              : `There is no recovery point of "${safeText(name)}".`,
          ],
    )
    return problems.length === 0 ? ExitCode.ok : ExitCode.damaged
  })

/** A record that is damaged must not hide the others. */
const readAll = async (repository: Repository) => {
  const readable: DescribedPoint<Point>[] = []
  const unreadable: { ref: PointRef; error: unknown }[] = []
  const refs = (await Array.fromAsync(repository.points())).values()
  const reader = async () => {
    for (const ref of refs)
      try {
        readable.push(describePoint(await repository.readPoint(ref)))
      } catch (error) {
        if (!isDamage(error)) throw error
        unreadable.push({ ref, error })
      }
  }
  await Promise.all(Array.from({ length: READS }, reader))
  return { readable, unreadable }
}

/** One point after the other: each takes a request for every object that it needs, 16 at once. */
const readLocks = async (
  repository: Repository,
  shown: readonly DescribedPoint<Point>[],
): Promise<Locks> => {
  const locks = new Map<string, PointSummary['lock']>()
  for (const { point } of shown) {
    const { until, mode, asked } = await repository.lockedUntil(point)
    locks.set(point.id, until === undefined || !mode ? null : { mode, until, asked })
  }
  return locks
}

const documentOf = (described: DescribedPoint<Point>, locks: Locks | undefined) => {
  const { point, name, taken } = described
  const { id, vmUuid, created, base, statistics } = point
  const hashes = new Map(point.disks.map(disk => [disk.id, disk.rootHash]))
  return {
    point: id,
    kind: kindOf(described),
    name,
    vmUuid,
    taken,
    created,
    ...(base === undefined ? {} : { base }),
    disks: disksOf(described).map(disk => ({ ...disk, rootHash: hashes.get(disk.id) })),
    streams: point.streams.map(({ packs: _, ...stream }) => stream),
    statistics,
    ...(locks && { lock: locks.get(id) }),
  }
}

const kindOf = (described: DescribedPoint<Point>): string => {
  if (described.kind === 'component') return described.subject.format
  if (described.kind === 'vm' && described.subject.vm.record.is_a_template === true)
    return 'template'
  return described.kind
}

/** @returns bytes of all disks and streams */
const sizeOf = (described: DescribedPoint<Point>): number =>
  described.point.streams.reduce((sum, { size }) => sum + size, describedSize(described, undefined))

/** As tables show them. */
const KINDS: Record<string, string> = { vm: 'VM', 'pool-metadata': 'pool', unknown: '?' }

const columns = (
  { time, now }: Pick<Host, 'time' | 'now'>,
  locks: Locks | undefined,
): Column<DescribedPoint<Point>>[] => [
  { title: 'POINT', cell: ({ point }) => point.id },
  { title: 'KIND', cell: described => KINDS[kindOf(described)] ?? kindOf(described) },
  { title: 'NAME', cell: ({ name }) => safeText(name) },
  { title: 'TAKEN', cell: ({ taken }) => time(taken) },
  {
    title: 'DISKS',
    cell: ({ point, kind }) =>
      point.disks.length === 0 && point.streams.length > 0
        ? count(point.streams.length, 'stream')
        : count(point.disks.length, kind === 'component' ? 'file' : 'disk'),
  },
  {
    title: 'SIZE',
    cell: described => formatBytes(sizeOf(described)),
    align: 'right',
  },
  {
    title: 'NEW',
    // The repository counts whole chunks, and a disk may end in the middle of one.
    cell: described =>
      formatBytes(Math.min(described.point.statistics.newBytes, sizeOf(described))),
    align: 'right',
  },
  {
    title: 'STORED',
    // As "xenkeep points" counts: with the commit record itself.
    cell: ({ point }) => formatBytes(point.statistics.storedBytes + point.size),
    align: 'right',
  },
  ...(locks
    ? [
        {
          title: 'LOCKED',
          cell: ({ point }: DescribedPoint<Point>) =>
            lockText({ lock: locks.get(point.id) }, now()),
        },
      ]
    : []),
]
