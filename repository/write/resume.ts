import { setImmediate } from 'node:timers/promises'
import { isDamage, ObjectDamagedError, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { ObjectStat } from '#core/ports.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import {
  type Checkpoint,
  type DiskFacts,
  decodeCheckpoint,
  MAX_CHECKPOINT_SIZE,
} from '../format/checkpoint.ts'
import { ID_SIZE, TYPE, ZERO_ID } from '../format/kinds.ts'
import { checkpointsOf, parseCheckpointName } from '../format/names.ts'
import { inParallel } from '../read/in-parallel.ts'
import { learnPacks } from '../read/learn-packs.ts'
import type { SourceDisk } from './checkpoint-writer.ts'
import type { DiskMapWriter } from './disk-map-writer.ts'
import type { PackPresence } from './pack-presence.ts'
import type { RecordStore } from './record-store.ts'
import type { Stretch } from './stretch.ts'

/** What earlier attempts of a job have told. */
export interface Earlier {
  /** a number that no checkpoint of the job has */
  next: number
  /** Sentences about checkpoints that are of no use. */
  notes: string[]
  /** @returns what is known of the disk as it is now; once per disk, so that it need not be kept */
  factsOf(disk: SourceDisk): DiskFacts[]
}

/**
 * Reads the checkpoints of a job, in any number and from however many attempts: each says something that is true of the source
 * for ever, so their order does not matter, and one that is missing costs reading again, no more. A damaged or forged one is passed over.
 * Until its disks are begun, 36 bytes for each chunk stay in memory.
 */
export const readCheckpoints = async (
  engine: Engine,
  job: Pick<Checkpoint, 'job' | 'vmUuid'>,
): Promise<Earlier> => {
  const found: (ObjectStat & { n: number })[] = []
  for await (const object of engine.store.list(checkpointsOf(job.job))) {
    const n = parseCheckpointName(object.key)?.n
    if (n !== undefined) found.push({ ...object, n })
  }
  const useless: string[] = []
  const facts: DiskFacts[] = []
  const packs = new Set<string>()
  await inParallel(engine.tuning.requests, found, async object => {
    try {
      const checkpoint = await readCheckpoint(engine, object, job)
      facts.push(...checkpoint.disks)
      for (const pack of checkpoint.packs) packs.add(pack)
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return // expired since the listing
      if (!isDamage(error)) throw error
      useless.push(error.message)
    }
  })
  // Packs that cannot be learned hold nothing we know of: their chunks are read again.
  await learnPacks(
    engine,
    [...packs].map(ulid => ({ ulid, kind: 'data' as const })),
  )
  const [first] = useless
  const more = useless.length > 1 ? ` (and ${useless.length - 1} more)` : ''
  return {
    next: Math.max(0, ...found.map(({ n }) => n + 1)),
    notes:
      first === undefined ? [] : [`A checkpoint is of no use and passed over: ${first}${more}`],
    factsOf: ({ id, source, size, chunkSize }) => {
      const ours = facts.filter(disk => disk.id === id)
      for (const disk of ours) facts.splice(facts.indexOf(disk), 1)
      return ours.filter(
        disk => disk.source === source && disk.size === size && disk.chunkSize === chunkSize,
      )
    },
  }
}

const readCheckpoint = async (
  { store, keys }: Engine,
  { key, size }: ObjectStat,
  { job, vmUuid }: Pick<Checkpoint, 'job' | 'vmUuid'>,
): Promise<Checkpoint> => {
  if (size > MAX_CHECKPOINT_SIZE)
    throw new ObjectDamagedError(key, `it has ${size} bytes, more than a checkpoint can have`)
  const object = await store.get(key)
  const checkpoint = await openObject(
    keys,
    { key, type: TYPE.checkpoint },
    object,
    decodeCheckpoint,
  )
  if (checkpoint.job !== job || checkpoint.vmUuid !== vmUuid)
    throw new ObjectNotAuthenticError(key, 'it belongs to another job')
  return checkpoint
}

/** Facts between two turns of the event loop. */
const BREATH = 4096

/**
 * Enters what is done into the map. A chunk counts only where a pack holds its id and the store has shown that pack to this job;
 * what the collector has condemned does not count.
 * @returns what need not be read again, ascending
 */
export const takeOver = async (
  { index, tuning }: Pick<Engine, 'index' | 'tuning'>,
  facts: readonly DiskFacts[],
  { size, chunkSize }: Pick<SourceDisk, 'size' | 'chunkSize'>,
  into: { map: DiskMapWriter; records: RecordStore; presence: PackPresence },
): Promise<Stretch[]> => {
  const { map, records, presence } = into
  const chunks = Math.ceil(size / chunkSize)
  const done = new Uint8Array(chunks)
  const packs = new Set<string>()
  for (const [i, { id }] of eachChunk(facts)) {
    for (const pack of index.packsOf(id)) packs.add(pack)
    if (i % BREATH === 0) await setImmediate()
  }
  await inParallel(tuning.requests, packs, async pack => {
    await presence.isPresent(pack)
  })
  for (const [i, { chunk, id }] of eachChunk(facts)) {
    const pack = done[chunk] === 0 ? await records.known(id) : undefined
    if (pack !== undefined) {
      await map.set(chunk, id, pack)
      done[chunk] = 1
    }
    if (i % BREATH === 0) await setImmediate()
  }
  for (const { zeros } of facts)
    for (let i = 0; i < zeros.length; i += 2) {
      const first = zeros[i] as number
      const end = first + (zeros[i + 1] as number)
      for (let chunk = first; chunk < end; chunk++)
        if (done[chunk] === 0) {
          await map.set(chunk, ZERO_ID)
          done[chunk] = 1
        }
    }
  return stretchesOf(done, { size, chunkSize })
}

function* eachChunk(
  facts: readonly DiskFacts[],
): Generator<[number, { chunk: number; id: Uint8Array }]> {
  let number = 0
  for (const { chunks, ids } of facts)
    for (const [i, chunk] of chunks.entries())
      yield [number++, { chunk, id: ids.subarray(i * ID_SIZE, (i + 1) * ID_SIZE) }]
}

const stretchesOf = (
  done: Uint8Array,
  { size, chunkSize }: Pick<SourceDisk, 'size' | 'chunkSize'>,
): Stretch[] => {
  const stretches: Stretch[] = []
  for (let first = done.indexOf(1); first >= 0; ) {
    const gap = done.indexOf(0, first)
    const end = gap < 0 ? done.length : gap
    const offset = first * chunkSize
    stretches.push({ offset, length: Math.min(end * chunkSize, size) - offset })
    first = done.indexOf(1, end)
  }
  return stretches
}
