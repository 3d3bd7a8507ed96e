import { DiskNotFoundError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { hex, isZero } from '../format/bytes.ts'
import type { Point, PointDisk } from '../point.ts'
import type { DiskExtent } from '../repository.ts'
import { DiskMapReader } from './disk-map.ts'
import { inParallel } from './in-parallel.ts'
import type { PlannedGet } from './plan.ts'
import { learnDisk, segmentsOf } from './read-disk.ts'
import { type Decoded, type DiskReading, planChunks, readPlanned } from './segment.ts'

interface Target {
  write: (extent: DiskExtent) => Promise<void>
  signal: AbortSignal | undefined
}

/** One GET, and where in the disk its chunks belong: id in hex to offsets. */
interface Step {
  get: PlannedGet
  places: ReadonlyMap<string, number[]>
}

/** @throws as `Repository.restoreDisk` */
export const restoreDisk = async (
  engine: Engine,
  point: Point,
  diskId: string,
  target: Target,
): Promise<void> => {
  const disk = point.disks.find(({ id }) => id === diskId)
  if (!disk) throw new DiskNotFoundError(point.id, diskId)
  const place = { vmUuid: point.vmUuid, pointId: point.id, diskId }
  try {
    const suspects = await learnDisk(engine, point, disk)
    const { signal } = target
    const reading = { engine, needer: point.key, packs: disk.packs, suspects, signal }
    const map = new DiskMapReader(engine, point, disk, suspects)
    await restoreChunks(reading, map, disk, inTurn(target.write))
  } catch (error) {
    throw isDamage(error) ? error.at(place) : error
  }
}

const restoreChunks = async (
  reading: DiskReading,
  map: DiskMapReader,
  disk: PointDisk,
  write: Target['write'],
): Promise<void> => {
  const { engine, signal } = reading
  const { budget, tuning } = engine
  const steps = stepsOf(reading, map, disk, write)
  let atWork = 0
  let failed = false
  const lane = async () => {
    for (let next = await steps.next(); !next.done && !failed; next = await steps.next()) {
      signal?.throwIfAborted()
      const bytes = next.value.get.wanted.length * disk.chunkSize + next.value.get.length
      // Who has nothing at work waits for nobody: all room may be with those who wait for us.
      const permit = atWork === 0 ? budget.force(bytes) : await budget.take(bytes, 'read')
      atWork++
      try {
        await restoreStep(engine, next.value, disk, write)
      } catch (error) {
        failed = true
        throw error
      } finally {
        atWork--
        permit.release()
      }
    }
  }
  try {
    await inParallel(tuning.getsAhead, Array.from({ length: tuning.getsAhead }), lane)
  } finally {
    await steps.return(undefined)
  }
}

const restoreStep = async (
  engine: Engine,
  { get, places }: Step,
  { size }: PointDisk,
  write: Target['write'],
): Promise<void> => {
  const loan = engine.buffers.loan()
  const writeAll = async (id: Uint8Array, decoded: Exclude<Decoded, 'zero'>) => {
    for (const offset of places.get(hex(id)) ?? []) {
      const bytes = bytesOf(decoded, offset).subarray(0, size - offset)
      await write({ offset, bytes })
    }
  }
  try {
    await readPlanned(engine, get, writeAll, loan)
  } finally {
    loan.end()
  }
}

const bytesOf = (decoded: Exclude<Decoded, 'zero'>, offset: number): Uint8Array => {
  if ('damage' in decoded) throw decoded.damage.at({ offset })
  return decoded.bytes
}

/** Plans a window of the disk after the other; zeros are written by the way. */
const stepsOf = async function* (
  reading: DiskReading,
  map: DiskMapReader,
  disk: PointDisk,
  write: Target['write'],
): AsyncGenerator<Step, void, undefined> {
  const { chunkSize, size } = disk
  for await (const { first, ids } of segmentsOf(reading.engine.tuning.window, map, disk)) {
    reading.signal?.throwIfAborted()
    const places = new Map<string, number[]>()
    let zeros = 0 // chunks
    for (const [i, id] of [...ids, undefined].entries()) {
      if (id && isZero(id)) {
        zeros++
        continue
      }
      const offset = (first + i) * chunkSize
      if (zeros > 0) await write(zeroExtent(offset - zeros * chunkSize, offset, size))
      zeros = 0
      if (id) places.set(hex(id), [...(places.get(hex(id)) ?? []), offset])
    }
    const { gets, missing } = planChunks(reading, ids)
    for (const [id, { damage }] of missing) throw damage.at({ offset: places.get(id)?.[0] ?? 0 })
    for (const get of gets) yield { get, places }
  }
}

const zeroExtent = (offset: number, end: number, size: number): DiskExtent => ({
  offset,
  length: Math.min(end, size) - offset,
  zero: true,
})

/** One after the other: several writers of one file spin on its lock. After a failure nothing more is written. */
const inTurn = (write: Target['write']): Target['write'] => {
  let last: Promise<void> = Promise.resolve()
  return extent => {
    const mine = last.then(() => write(extent))
    last = mine
    mine.catch(() => undefined)
    return mine
  }
}
