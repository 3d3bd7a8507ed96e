import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { Point, Repository, StreamWriter } from '#repository/index.ts'
import { newRepository } from './open.ts'
import { frozenClock } from './seeded.ts'
import { backUpStreams, readWhole } from './streams.ts'
import { keysOf } from './tamper.ts'

export const DAY = 24 * 60 * 60 * 1000
/** Each part of the streams below is cut before and after it, and random: one record of known size. */
export const PART = 100 * 1024
export const PARTS = 6

/** Gives parts of it, each a chunk of its own: what a capture of files does. */
export const inParts =
  (bytes: Uint8Array) =>
  async (stream: StreamWriter): Promise<void> => {
    for (let at = 0; at < bytes.length; at += PART) {
      await stream.cut()
      await stream.write(bytes.subarray(at, at + PART))
    }
  }

/** Keeps what did not change since the base, part by part. @returns numbers of parts that had to be given */
export const keepParts =
  (bytes: Buffer, old: Buffer, given: number[] = []) =>
  async (stream: StreamWriter): Promise<void> => {
    for (let at = 0; at < bytes.length; at += PART) {
      const part = bytes.subarray(at, at + PART)
      const same = part.equals(old.subarray(at, at + PART))
      if (same && (await stream.keep(at, part.length))) continue
      given.push(at / PART)
      await stream.cut()
      await stream.write(part)
    }
  }

/** A point with two streams, in a store with versions and a clock. */
export const pointWithStreams = async () => {
  const time = frozenClock()
  const store = memoryObjectStore({ clock: time })
  const world = await newRepository(store, { tuning: { chunksAtWork: 1 } })
  const { repository, random, jobId, clock } = world
  const content = Buffer.from(random.bytes(PARTS * PART))
  const entries = Buffer.from(random.bytes(3 * PART))
  const streams = { 'etc/content': inParts(content), 'etc/entries': inParts(entries) }
  const { point } = await backUpStreams(repository, { jobId: jobId(), streams })
  const nameOf = (kind: string) => {
    const pack = [...point.packs.values()].find(ref => ref.kind === kind)
    return keysOf(store, '').find(key => key.endsWith(pack?.ulid as string)) as string
  }
  const pass = (days: number) => {
    time.time += days * DAY
    clock.time = time.time
  }
  const collectAll = async (by: Repository = repository, on: MaintenanceStore = store) => {
    const reports = []
    for (let i = 0; i < 5; i++) {
      reports.push(await by.collectGarbage({ store: on }))
      pass(4)
    }
    return reports
  }
  const fresh = (on: MaintenanceStore = store) =>
    world.reopen({ store: on, tuning: { chunksAtWork: 1 } })
  return {
    ...{ ...world, store, time, point, content, entries, pass, collectAll, fresh },
    dataPack: nameOf('data'),
    metaPack: nameOf('meta'),
  }
}

export const read = async (
  repository: Repository,
  point: Point,
  streamId = 'etc/content',
): Promise<Buffer> => readWhole(repository.readStream(point, streamId))
