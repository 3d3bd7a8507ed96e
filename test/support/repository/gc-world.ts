import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Clock, MaintenanceStore } from '#core/ports.ts'
import { createRepository } from '#repository/create.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { unlockRoot } from '#repository/crypto/slots.ts'
import { newUlid } from '#repository/format/ulid.ts'
import type { CollectTuning } from '#repository/gc/collect.ts'
import { readIntent } from '#repository/gc/live.ts'
import { openRepository } from '#repository/open.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import { type Chooser, chooser, Interleaver } from './interleaver.ts'
import { OTHER_VM, PASSPHRASE, readAll, VM } from './open.ts'
import { frozenClock, seededRandom } from './seeded.ts'
import { keysOf } from './tamper.ts'

export const DAY = 24 * 60 * 60 * 1000
const CHUNK = 64 * 1024
const CHUNKS = 6
const TUNING = { packTarget: 2 * CHUNK, segment: 4 * CHUNK, workers: 0 }

/** What happens more often or less in a world. */
interface Profile {
  /** bytes */
  packTarget: number
  /** different chunks that there are */
  contents: number
  /** percent of the jobs that build on an earlier point */
  incremental: number
  /** percent of the jobs that are somebody else's */
  stolen: number
  /** of the shares below which a pack is rewritten, one is drawn for each run of a collector */
  rewriteBelow: number[]
  /** runs of each collector */
  runs: number
  deletions: number
  /** jobs of each VM before anybody else is there; all their points but the last are deleted then */
  prelude: number
  /** jobs of each agent */
  jobs: number
}

const PROFILES = {
  mixed: {
    packTarget: 2 * CHUNK,
    contents: 8,
    incremental: 70,
    stolen: 30,
    rewriteBelow: [0, 0.6, 0.9],
    runs: 9,
    deletions: 8,
    prelude: 0,
    jobs: 6,
  },
  /** Packs that are half dead from the start, and whose dead chunks come back. */
  rewriting: {
    packTarget: 8 * CHUNK,
    contents: 12,
    incremental: 85,
    stolen: 15,
    rewriteBelow: [0.95, 1],
    runs: 6,
    deletions: 3,
    prelude: 4,
    jobs: 3,
  },
} satisfies Record<string, Profile>

/** What a test does to an actor's store to see its own checks fail. */
export type Sabotage = (store: MaintenanceStore) => MaintenanceStore

export interface WorldOptions {
  sabotageAgents?: Sabotage
  sabotageCollectors?: Sabotage
  /** `mixed` unless told */
  profile?: keyof typeof PROFILES
}

interface Job {
  id: string
  vmUuid: string
  image: Buffer
}

/** Two agents, two collectors and somebody who deletes points, on one store. */
export const runSchedule = async (seed: number, options: WorldOptions = {}) => {
  const profile: Profile = PROFILES[options.profile ?? 'mixed']
  const tuning = { ...TUNING, packTarget: profile.packTarget }
  const random = seededRandom(seed)
  const choose = chooser(random)
  const time = frozenClock()
  const store = memoryObjectStore({ clock: time })
  const { repository: first } = await createRepository({
    store,
    passphrase: PASSPHRASE,
    clock: time,
    random: seededRandom(seed + 1),
    scryptLogN: 10,
    tuning,
  })
  await first.close()

  const between = () => {
    time.time += choose.below(60_000)
    if (choose.chance(3)) time.time += choose.pick([DAY / 24, DAY, 5 * DAY, 9 * DAY])
  }
  const interleaver = new Interleaver(choose, between)
  const opened: Repository[] = []
  const open = async (on: MaintenanceStore, actor: string, ahead: number) => {
    const clock: Clock = { now: () => time.time + ahead }
    const own = seededRandom(seed ^ Buffer.from(actor).readUInt32BE(actor.length - 4))
    const unlock = { passphrase: PASSPHRASE }
    const repository = await openRepository({
      store: on,
      unlock,
      clock,
      random: own,
      tuning,
    })
    opened.push(repository)
    return { repository, clock, random: own }
  }

  /** Lets some steps of the others go by. */
  const idle = async (on: MaintenanceStore) => {
    for (let i = choose.below(12); i > 0; i--) await on.stat('repo/00000001')
  }

  const jobs = new Map<string, Job>()
  const committed = new Set<string>()
  /** begun; whoever deletes may die over it */
  const deleting = new Set<string>()
  const deleted = new Set<string>()
  const codes = new Map<string, number>()
  const note = (code: string) => codes.set(code, (codes.get(code) ?? 0) + 1)

  const prelude = async () => {
    const { repository, clock, random: own } = await open(store, 'prelude', 0)
    for (const vmUuid of [VM, OTHER_VM])
      for (let i = 0; i < profile.prelude; i++) {
        time.time += DAY
        const job = newJob(jobs, choose, newUlid(clock, own), profile, vmUuid)
        await attemptJob(repository, job, jobs, choose, 100)
        committed.add(job.id)
      }
    for (const vmUuid of [VM, OTHER_VM]) {
      const points = await Array.fromAsync(repository.points(vmUuid))
      for (const point of points.slice(0, -1)) {
        deleting.add(point.id)
        await repository.removePoint(point, store)
        deleted.add(point.id)
      }
    }
    time.time += 9 * DAY
  }

  const agent = async (actor: string, ahead: number) => {
    const honest = interleaver.store(store, actor)
    const on = options.sabotageAgents?.(honest) ?? honest
    const { repository, clock, random: own } = await open(on, actor, ahead)
    for (let i = 0; i < profile.jobs; i++) {
      // Sometimes the job of the other, who has lost its lease and does not know it.
      const others = [...jobs.values()].filter(({ id }) => !committed.has(id))
      const job =
        others.length > 0 && choose.chance(profile.stolen)
          ? choose.pick(others)
          : newJob(jobs, choose, newUlid(clock, own), profile)
      for (let attempt = 0; attempt < 4; attempt++) {
        try {
          await attemptJob(repository, job, jobs, choose, profile.incremental)
          committed.add(job.id)
          note('committed')
          break
        } catch (error) {
          const { code, retryable } = asXenkeepError(error)
          note(code)
          // A base that is deleted while it is read.
          const redo = retryable || code === 'OBJECT_NOT_FOUND' || code === 'OBJECT_DAMAGED'
          if (code === 'POINT_CLOSED') break
          if (!redo) throw error
        }
      }
    }
  }

  const collector = async (actor: string, ahead: number) => {
    const honest = interleaver.store(store, actor)
    const on = options.sabotageCollectors?.(honest) ?? honest
    const { repository } = await open(on, actor, ahead)
    for (let i = 0; i < profile.runs; i++) {
      await idle(on)
      const tuning: Partial<CollectTuning> = {
        wait: choose.pick([0, 0, DAY]),
        packAge: choose.pick([0, 0, 3 * DAY]),
        intentLife: choose.pick([0, DAY, 7 * DAY, 7 * DAY]),
        plan: choose.pick([2, 20_000]),
        rewriteBelow: choose.pick(profile.rewriteBelow),
        rewritePacks: choose.pick([2, 1_000]),
      }
      const { removed, spared, rewritten } = await repository.collectGarbage({ store: on, tuning })
      if (rewritten.packs > 0) note('rewritten')
      if (removed.packs > 0) note('collected')
      if (spared.length > 0) note('spared')
    }
  }

  const deleter = async () => {
    const on = interleaver.store(store, 'deleter')
    const { repository } = await open(on, 'deleter', 0)
    for (let i = 0; i < profile.deletions; i++) {
      await idle(on)
      const points = await Array.fromAsync(repository.points())
      if (points.length === 0) continue
      const point = choose.pick(points)
      deleting.add(point.id)
      await repository.removePoint(point, on)
      deleted.add(point.id)
      note('deleted')
    }
  }

  await prelude()
  interleaver.start('agent-one', () => agent('agent-one', -DAY))
  interleaver.start('agent-two', () => agent('agent-two', DAY))
  interleaver.start('collector-one', () => collector('collector-one', DAY))
  interleaver.start('collector-two', () => collector('collector-two', -DAY))
  interleaver.start('deleter', deleter)
  await interleaver.run()
  return { store, time, jobs, committed, deleting, deleted, codes, trace: interleaver.trace, open }
}
export type World = Awaited<ReturnType<typeof runSchedule>>

const newJob = (
  jobs: Map<string, Job>,
  choose: Chooser,
  id: string,
  { contents, prelude }: Profile,
  vmUuid: string = choose.pick([VM, OTHER_VM]),
): Job => {
  const before = [...jobs.values()].findLast(job => job.vmUuid === vmUuid)
  const image = Buffer.from(before?.image ?? Buffer.alloc(CHUNK * CHUNKS))
  // Few different contents, so that chunks come back that nobody has needed for a while.
  const fill = (at: number) => content(choose.below(contents)).copy(image, at * CHUNK)
  if (!before && prelude > 0) for (let at = 0; at < CHUNKS; at++) fill(at)
  for (let i = 0; i < 2; i++) fill(choose.below(CHUNKS))
  const job = { id, vmUuid, image }
  jobs.set(id, job)
  return job
}

const known = new Map<number, Buffer>()
const content = (n: number): Buffer => {
  const bytes = known.get(n) ?? Buffer.from(seededRandom(n + 77).bytes(CHUNK))
  known.set(n, bytes)
  return bytes
}

const attemptJob = async (
  repository: Repository,
  { id, vmUuid, image }: Job,
  jobs: ReadonlyMap<string, Job>,
  choose: Chooser,
  incremental: number,
): Promise<Point> => {
  const base = choose.chance(incremental) ? await repository.latestPoint(vmUuid) : undefined
  const writer = await repository.beginPoint({ jobId: id, vmUuid, base })
  try {
    const size = image.length
    const disk = await writer.disk({
      diskId: 'a',
      size,
      chunkSize: CHUNK,
      keep: base !== undefined,
    })
    const old = (base && jobs.get(base.id)?.image) ?? Buffer.alloc(size)
    for (let at = 0; at < size; at += CHUNK) {
      const chunk = image.subarray(at, at + CHUNK)
      if (!chunk.equals(old.subarray(at, at + CHUNK))) await disk.write(at, Buffer.from(chunk))
    }
    await disk.finish()
    return await writer.commit({ job: id })
  } finally {
    await writer.abort()
  }
}

/** @returns what is wrong with the outcome, in words; nothing when every point is whole and no deleted one is back */
export const faultsOf = async (world: World): Promise<string[]> => {
  const { store, jobs, committed, deleting, deleted } = world
  const { repository } = await world.open(store, 'judge', 0)
  const faults: string[] = []
  const listed = new Set<string>()
  for await (const ref of repository.points()) {
    listed.add(ref.id)
    if (deleted.has(ref.id)) faults.push(`the deleted point ${ref.id} is back`)
    try {
      const point = await repository.readPoint(ref)
      const bytes = await readAll(repository.readDisk(point, 'a'))
      if (!bytes.equals(jobs.get(ref.id)?.image as Buffer)) faults.push(`${ref.id} reads wrongly`)
      for (const { ulid, kind } of point.packs.values())
        if (!keysOf(store, kind === 'data' ? 'packs/' : 'meta/').some(key => key.endsWith(ulid)))
          faults.push(`${ref.id} lacks pack ${ulid}`)
    } catch (error) {
      faults.push(`${ref.id}: ${asXenkeepError(error).message}`)
    }
  }
  for (const id of committed)
    if (!listed.has(id) && !deleting.has(id)) faults.push(`the committed point ${id} is gone`)
  await repository.close()
  return faults
}

/**
 * Time goes by with nobody at work but a collector.
 * @returns what is still there and named by nothing, in words
 */
export const collectToTheEnd = async ({ store, time, open }: World): Promise<string[]> => {
  const { repository } = await open(store, 'last-collector', 0)
  for (let i = 0; i < 4; i++) {
    time.time += 8 * DAY
    await repository.collectGarbage({ store })
  }
  const needed = new Set<string>()
  for await (const ref of repository.points())
    for (const ulid of (await repository.readPoint(ref)).packs.keys()) needed.add(ulid)
  const points = keysOf(store, 'points/').map(key => key.slice(-26))
  for (const key of keysOf(store, 'intents/')) {
    const { packs, job } = await openIntent(repository.id, store, key)
    // Of points that are there: another attempt of the job may have named more than the one that won.
    if (points.includes(job)) for (const ulid of packs) needed.add(ulid)
  }
  const left = [...keysOf(store, 'packs/'), ...keysOf(store, 'meta/')]
  const epochs = keysOf(store, 'gc/').map(key => key.split('/'))
  const done = epochs.filter(([, stage]) => stage === 'done').map(([, , epoch]) => epoch)
  await repository.close()
  return [
    ...left.filter(key => !needed.has(key.slice(-26))).map(key => `${key} was not collected`),
    ...epochs
      .filter(([, stage, epoch]) => stage === 'plan' && !done.includes(epoch))
      .map(([, , epoch]) => `epoch ${epoch} is not done`),
    ...keysOf(store, 'gc/clock/').map(key => `${key} was left over`),
  ]
}

const openIntent = async (id: string, store: MaintenanceStore, key: string) => {
  const root = await unlockRoot(store, id, { passphrase: PASSPHRASE })
  return readIntent({ keys: deriveKeys(root, Buffer.from(id, 'hex')) }, key, await store.get(key))
}
