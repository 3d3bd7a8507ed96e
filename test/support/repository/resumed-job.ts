import { expect } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty, type StoreFault } from '#adapters/wrap/faulty-object-store.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Tuning } from '#repository/engine.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import type { DiskWriter, PointWriter } from '#repository/write/api.ts'
import { newRepository, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'

export const KiB = 1024
export const DAY = 24 * 60 * 60 * 1000
export const CHUNK = 64 * KiB
/** Packs of four chunks, a checkpoint for eight. */
export const TUNING = {
  packTarget: 4 * CHUNK,
  packBlock: CHUNK,
  checkpointBytes: 8 * CHUNK,
  segment: CHUNK,
}
/** So tight that a death costs little: what the next checkpoint would have told, four checkpoints and two packs on their way, chunks at work. */
export const TIGHT = {
  ...TUNING,
  packTarget: 2 * CHUNK,
  checkpointBytes: 2 * CHUNK,
  packsAhead: 1,
  chunksAtWork: 2,
}
export const LOST = 2 + 4 * 2 + 2 * 2 + 2
export const SOURCE = 'snapshot-1'
export const cut = () => new StoreUnavailableError('answer: the connection was cut')

export const world = async (
  options: Parameters<typeof memoryObjectStore>[0] = {},
  tuning: Partial<Tuning> = TUNING,
) => {
  const time = frozenClock()
  const store = memoryObjectStore({ clock: time, ...options })
  const made = await newRepository(store, { tuning })
  const open = (on: ObjectStore = store) => made.reopen({ store: on, tuning })
  return { ...made, store, time, open }
}

/** Gives the disk what it still needs, as a job does. @returns chunks given */
export const feed = async (disk: DiskWriter, image: Buffer, chunks?: readonly number[]) => {
  const isDone = (offset: number) =>
    disk.done.some(({ offset: from, length }) => from <= offset && offset < from + length)
  let given = 0
  for (const chunk of chunks ?? Array(Math.ceil(image.length / CHUNK)).keys()) {
    const offset = chunk * CHUNK
    if (isDone(offset)) continue
    given++
    await disk.write(offset, Buffer.from(image.subarray(offset, offset + CHUNK)))
  }
  return given
}

interface Attempt {
  job: string
  disks: Record<string, Buffer>
  base?: Point | undefined
  source?: string
  lock?: { mode: 'governance'; days: number }
  /** chunks to give; the others are the base's */
  changed?: readonly number[]
  vmUuid?: string
}

export const attempt = async (
  repository: Repository,
  { job, disks, base, source = SOURCE, lock, changed, vmUuid = VM }: Attempt,
) => {
  const writer = await repository.beginPoint({ jobId: job, vmUuid, base, lock })
  const given = await Promise.all(
    Object.entries(disks).map(async ([diskId, image]) => {
      const keep = changed !== undefined
      const disk = await writer.disk({
        diskId,
        size: image.length,
        chunkSize: CHUNK,
        keep,
        source: `${source}/${diskId}`,
      })
      const count = await feed(disk, image, changed)
      await disk.finish()
      return count
    }),
  )
  const point = await writer.commit({})
  return { point, writer, given: given.reduce((a, b) => a + b, 0) }
}

/** The process dies at the PUT of this number: that one and all later ones do not come through. */
export const dyingAt = (
  store: ReturnType<typeof memoryObjectStore>,
  put: number,
  lost: boolean,
) => {
  let puts = 0
  const all = Number.POSITIVE_INFINITY
  const death: StoreFault = {
    on: 'put',
    times: all,
    before: () => {
      puts++
      if (puts > put + (lost ? 1 : 0)) throw cut()
    },
    after: () => {
      if (puts > put) throw cut()
    },
  }
  return faulty(store, [death])
}

export const expectSame = async (
  repository: Repository,
  point: Point,
  disks: Record<string, Buffer>,
) => {
  for (const [diskId, image] of Object.entries(disks))
    expect((await readAll(repository.readDisk(point, diskId))).equals(image)).toBe(true)
  expect((await repository.check({ level: 2 })).findings).toEqual([])
}

/** Runs a job until 24 chunks of its 48 are given, then loses the process; the memory of what was sent is lost too. */
export const halfDone = async (
  options: Parameters<typeof memoryObjectStore>[0] = {},
  source = SOURCE,
) => {
  const made = await world(options)
  const image = Buffer.from(made.random.bytes(48 * CHUNK))
  image.fill(0, 10 * CHUNK, 13 * CHUNK)
  const job = made.jobId()
  const repository = await made.open()
  const writer = await repository.beginPoint({ jobId: job, vmUuid: VM })
  const disk = await writer.disk({
    diskId: 'a',
    size: image.length,
    chunkSize: CHUNK,
    keep: false,
    source: `${source}/a`,
  })
  await feed(disk, image, [...Array(24).keys()])
  // A stop in good order leaves a last checkpoint: of all that was sent, not of the pack that was open.
  await writer.abort()
  await repository.close()
  const disks = { a: image }
  const again = async (changes: Partial<Attempt> = {}, on: ObjectStore = made.store) => {
    const next = await made.open(on)
    return { ...(await attempt(next, { job, disks, ...changes })), repository: next }
  }
  return { ...made, image, disks, job, again }
}

/** Counts the chunks that are given to a repository, also in attempts that fail. */
export const countWrites = (repository: Repository) => {
  let chunks = 0
  const counted = (disk: DiskWriter): DiskWriter =>
    new Proxy(disk, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          if (name === 'write') chunks++
          return member.apply(target, args)
        }
      },
    })
  const proxied = <T extends object>(target: T, replace: Partial<T>): T =>
    new Proxy(target, {
      get: (of, name) => {
        const member = Reflect.get(replace, name) ?? Reflect.get(of, name, of)
        return typeof member === 'function' ? member.bind(of) : member
      },
    })
  return {
    chunks: () => chunks,
    repository: proxied(repository, {
      beginPoint: async request => {
        const writer: PointWriter = await repository.beginPoint(request)
        return proxied(writer, { disk: async asked => counted(await writer.disk(asked)) })
      },
    }),
  }
}
