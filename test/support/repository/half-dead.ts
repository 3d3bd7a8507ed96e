import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import type { PointRequest } from '#repository/write/api.ts'
import { newRepository, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

export const DAY = 24 * 60 * 60 * 1000
export const CHUNK = 64 * 1024
export const CHUNKS = 8
export const cut = () => new StoreUnavailableError('answer: the connection was cut')

/** Writes what differs from the base. */
export const backUpOnto = async (
  repository: Repository,
  request: PointRequest,
  image: Buffer,
  old?: Buffer,
): Promise<Point> => {
  const writer = await repository.beginPoint(request)
  const disk = await writer.disk({
    diskId: 'a',
    size: image.length,
    chunkSize: CHUNK,
    keep: old !== undefined,
  })
  for (let at = 0; at < image.length; at += CHUNK) {
    const chunk = image.subarray(at, at + CHUNK)
    if (!old || !chunk.equals(old.subarray(at, at + CHUNK)))
      await disk.write(at, Buffer.from(chunk))
  }
  await disk.finish()
  return writer.commit({})
}

/**
 * One VM: a full backup of eight chunks in one pack, an increment that changed five of them, the full one deleted. So three eighths of
 * the first data pack are needed. Four days later.
 */
export const halfDead = async ({ lock }: Pick<PointRequest, 'lock'> = {}) => {
  const time = frozenClock()
  const store = memoryObjectStore({ clock: time })
  const world = await newRepository(store)
  const { repository, random, jobId, clock } = world
  const images = [Buffer.from(random.bytes(CHUNKS * CHUNK))]
  images.push(Buffer.from(images[0] as Buffer))
  images[1]?.set(random.bytes(5 * CHUNK), 0)
  const [full, changed] = images as [Buffer, Buffer]
  const request = { vmUuid: VM, lock }
  const first = await backUpOnto(repository, { ...request, jobId: jobId() }, full)
  const base = first
  const second = await backUpOnto(repository, { ...request, jobId: jobId(), base }, changed, full)
  const [old] = [...second.packs.values()].filter(({ kind, ulid }) => {
    return kind === 'data' && first.packs.has(ulid)
  })
  if (!old) throw new Error('no pack of the first point is needed by the second')
  const pass = (days: number) => {
    time.time += days * DAY
    clock.time = time.time
  }
  const collect = (on: MaintenanceStore = store, by: Repository = repository) =>
    by.collectGarbage({ store: on })
  /** Runs with days in between, until what can go is gone. */
  const collectAll = async (on?: MaintenanceStore, by?: Repository) => {
    const reports = []
    for (let i = 0; i < 5; i++) {
      reports.push(await collect(on, by))
      pass(4)
    }
    return reports
  }
  const isThere = (ulid: string) => keysOf(store, 'packs/').some(key => key.endsWith(ulid))
  /** As somebody sees it who was never here before. */
  const faults = async (expected = new Map([[second.id, changed]])): Promise<string[]> => {
    const reader = await world.reopen()
    const found: string[] = []
    try {
      for (const [id, image] of expected) {
        const refs = await Array.fromAsync(reader.points())
        const point = await reader.readPoint(refs.find(ref => ref.id === id) as (typeof refs)[0])
        const bytes = await readAll(reader.readDisk(point, 'a'))
        if (!bytes.equals(image)) found.push(`${id} reads wrongly`)
      }
      for (const { message } of (await reader.check({ level: 2 })).findings) found.push(message)
    } catch (error) {
      found.push(asXenkeepError(error).message)
    } finally {
      await reader.close()
    }
    return found
  }
  const remove = async () => {
    await repository.removePoint(first, store)
    pass(4)
  }
  const makings = { ...world, store, time, pass, full, changed, first, second, old: old.ulid }
  return { ...makings, collect, collectAll, isThere, faults, remove }
}
export const rewritable = async () => {
  const world = await halfDead()
  await world.remove()
  return world
}
