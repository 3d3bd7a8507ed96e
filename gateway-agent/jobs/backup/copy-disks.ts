import type { WireCompression } from '#core/contracts/jobs.ts'
import type { SubjectDisk } from '#core/points/subject.ts'
import type { PointWriter } from '#repository/index.ts'
import type { JobContext } from '../../control/leased-job.ts'
import { limits } from '../../limits.ts'
import { asSentence } from '../../sentences.ts'
import type { DiskRange, DiskReading, ReadDiskOptions, SnapshotDisk } from '../../sources/api.ts'
import { NO_BASE, NOT_TRACKED } from '../../sources/choose.ts'
import { MEMORY, type VmSnapshot } from '../../xapi/snapshot/vm-snapshot.ts'
import type { KnownPoint } from '../choose-base.ts'
import type { DiskGate } from '../disk-gate.ts'
import type { Pool } from '../pool.ts'
import { diskProgress } from './disk-progress.ts'

const MiB = 1024 * 1024

interface Plan {
  disk: SnapshotDisk
  /** bytes */
  chunkSize: number
  reading: DiskReading
  reasons: string[]
}

/**
 * Reads every disk of a snapshot into a point, several at once.
 * When one fails the others are stopped, and all have ended before this returns.
 *
 * @returns how each disk was read, and how much need not be read, because an earlier attempt of the job had (bytes)
 */
export const copyDisks = async ({
  pool,
  snapshot,
  writer,
  base,
  wire,
  noBase = FIRST_POINT,
  gate,
  context,
}: {
  pool: Pick<Pool, 'readDisk' | 'exportOf'>
  snapshot: VmSnapshot
  writer: PointWriter
  base: KnownPoint | undefined
  wire?: WireCompression | undefined
  /** Why there is none, a clause. */
  noBase?: string
  gate: DiskGate
  context: JobContext
}): Promise<{ disks: SubjectDisk[]; bytesTotal: number; bytesResumed: number }> => {
  const failure = new AbortController()
  const signal = AbortSignal.any([context.signal, failure.signal])

  context.report({ phase: 'asking what changed' })
  const plans: Plan[] = []
  const how = { signal, export: pool.exportOf(snapshot), ...(wire && { wire }) }
  for (const disk of snapshot.disks)
    plans.push(await planDisk(pool, writer, disk, base ?? noBase, how))

  const perDisk = diskProgress(
    plans.map(({ disk, reading }) => ({
      userdevice: disk.userdevice,
      bytesTotal: reading.bytesTotal,
    })),
  )
  let bytesDone = 0
  let bytesTold = 0
  let bytesResumed = 0
  const bytesTotal = sum(plans, ({ reading }) => reading.bytesTotal)
  const tell = () =>
    context.report({
      bytesDone,
      bytesResumed: bytesResumed || undefined,
      bytesRead: sum(plans, ({ reading }) => reading.bytesRead),
      bytesStored: writer.statistics.storedBytes,
      ...perDisk.told(),
    })
  context.report({
    phase: plans.every(({ reading }) => reading.incremental)
      ? 'reading changed blocks'
      : 'reading disks',
    bytesTotal,
    bytesDone,
    bytesResumed: undefined,
  })

  const done =
    (plan: Plan) =>
    (bytes: number, resumed = 0) => {
      perDisk.add(plan.disk.userdevice, bytes)
      bytesDone += bytes
      bytesResumed += resumed
      // It asks every disk, so with many of them not for each chunk of each.
      if (bytesDone - bytesTold < plans.length * limits.chunkSize) return
      bytesTold = bytesDone
      tell()
    }
  const copy = async (plan: Plan): Promise<void> => {
    signal.throwIfAborted()
    await copyDisk(plan, writer, signal, done(plan)).catch(error => {
      failure.abort(error)
      throw error
    })
  }
  const results = await Promise.allSettled(
    // One place for all disks of one stream: each waits for the others.
    groupsOf(plans).map(group => {
      const sr = group[0]?.disk.sr
      return gate(() => allEnded(group.map(copy)), { signal, ...(sr !== undefined && { sr }) })
    }),
  )
  tell()
  context.signal.throwIfAborted()
  // The first failure is the reason; those after it are only the others being stopped.
  if (failure.signal.aborted) throw failure.signal.reason
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return { disks: plans.map(described), bytesTotal, bytesResumed }
}

/** @returns plans whose readings share a stream in one group, every other one in its own */
const groupsOf = (plans: readonly Plan[]): Plan[][] => [
  ...Map.groupBy(plans, plan => plan.reading.together ?? plan).values(),
]

const allEnded = async (work: readonly Promise<void>[]): Promise<void> => {
  await Promise.allSettled(work)
  await Promise.all(work)
}

const planDisk = async (
  pool: Pick<Pool, 'readDisk'>,
  writer: PointWriter,
  disk: SnapshotDisk,
  base: KnownPoint | string,
  how: Pick<ReadDiskOptions, 'signal' | 'export' | 'wire'>,
): Promise<Plan> => {
  const known = typeof base === 'string' ? undefined : base
  const stored = known?.point.disks.find(({ id }) => id === disk.liveUuid)
  const cbtBase = known?.subject.disks.find(({ vdiUuid }) => vdiUuid === disk.liveUuid)?.cbtBase
  const chunkSize = stored?.chunkSize ?? limits.chunkSize
  // What was found damaged in the repository is read again, although nothing changed there.
  const again = stored ? await writer.rereads(stored.id) : []
  const reading = await pool.readDisk({
    ...how,
    disk,
    chunkSize,
    ...(stored && cbtBase && { base: { vdiUuid: cbtBase.vdiUuid, size: stored.size } }),
    ...(again === 'all' ? { whole: true } : again.length > 0 && { also: again }),
  })
  const reasons =
    disk.userdevice === MEMORY
      ? [NEW_MEMORY]
      : baseReasons(base, stored !== undefined, cbtBase !== undefined)
  return { disk, chunkSize, reading, reasons: [...reasons, ...damageReasons(again)] }
}

const damageReasons = (again: DiskRange[] | 'all'): string[] => {
  if (again === 'all')
    return ['read in full, because the last recovery point is damaged in the repository']
  const bytes = sum(again, ({ length }) => length)
  return bytes === 0
    ? []
    : [
        `${Math.ceil(bytes / MiB)} MiB read again although unchanged, because they are damaged in the repository`,
      ]
}

const NEW_MEMORY = 'memory is read in full, because each backup has an image of its own'

const FIRST_POINT =
  'read in full, because this is the first recovery point of this VM in the repository'

const baseReasons = (base: KnownPoint | string, stored: boolean, cbt: boolean): string[] => {
  if (typeof base === 'string') return [base]
  if (!stored) return ['read in full, because the last recovery point does not have this disk']
  if (!cbt)
    return [
      'read in full, because the last recovery point was taken without changed-block tracking',
    ]
  return []
}

const copyDisk = async (
  { disk, chunkSize, reading }: Plan,
  writer: PointWriter,
  signal: AbortSignal,
  done: (bytes: number, resumed?: number) => void,
): Promise<void> => {
  const target = await writer.disk({
    diskId: disk.liveUuid,
    size: disk.size,
    chunkSize,
    keep: reading.incremental,
    source: disk.uuid, // a snapshot never changes
  })
  const resumed = reading.skip(target.done)
  if (resumed > 0) done(resumed, resumed)
  for await (const extent of reading.extents(target)) {
    signal.throwIfAborted()
    if (extent.zero) {
      await target.zero(extent.offset, extent.length)
      done(extent.length)
    } else {
      const { length } = extent.bytes // write() takes the bytes over
      await target.write(extent.offset, extent.bytes)
      done(length)
    }
  }
  await target.finish()
}

/** Why there is no base is known better here; and nobody tracks the memory of a VM. */
const tells = ({ userdevice }: SnapshotDisk, reason: string): boolean =>
  reason !== NO_BASE && (userdevice !== MEMORY || reason !== NOT_TRACKED)

const described = ({ disk, reading, reasons }: Plan): SubjectDisk => ({
  vdiUuid: disk.liveUuid,
  name: disk.name,
  userdevice: disk.userdevice,
  rung: reading.rung,
  incremental: reading.incremental,
  reasons: [...new Set([...reasons, ...reading.reasons.filter(reason => tells(disk, reason))])]
    .slice(0, 20)
    .map(asSentence),
  bytesRead: reading.bytesRead,
})

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0)
