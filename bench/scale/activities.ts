import { type Estate, PACK, quantities } from './estate.ts'
import type { CollectorMeasured } from './measure-collector.ts'
import type { LocksMeasured } from './measure-locks.ts'
import type { Requests } from './prices.ts'

/** What was counted at small scale. */
export interface Measured {
  /** of one job, without its data packs */
  job: Requests
  locks: LocksMeasured
  collector: CollectorMeasured
  /** bytes of all index segments */
  segmentBytes: number
}

/** Something that calls the store again and again. Each is one entry below: what a month of it asks for. */
export interface Activity {
  name: string
  perMonth(estate: Estate, measured: Measured): Requests
}

const DAYS = 30
const YEAR = 365
const KEYS_PER_LIST = 1_000
const MiB = 1024 * 1024

/** Listings beyond the first call of each, which was counted already. */
const morePages = (objects: number): number => Math.floor(objects / KEYS_PER_LIST)

/** What lies there after a year in which one run of the collector a day has left its state. */
const objectsOf = (estate: Estate, segmentBytes: number) => {
  const { packs } = quantities(estate)
  const points = estate.vms * estate.points
  return {
    'points/': points + estate.vms * YEAR, // closed names stay
    'intents/': points,
    'packs/': packs,
    'meta/': points,
    // Those of a day, and what was made of the others.
    'index/': estate.vms + Math.ceil(segmentBytes / (16 * MiB)),
    'gc/': 6 * YEAR,
  }
}

/** One job for each VM each day: what was measured for one, and its data packs. */
const backup: Activity = {
  name: 'daily backup of every VM',
  perMonth: (estate, { job, segmentBytes }) => {
    const jobs = estate.vms * DAYS
    const { packsPerJob } = quantities(estate)
    const objects = objectsOf(estate, segmentBytes)
    return {
      put: jobs * (job.put + packsPerJob),
      get: jobs * job.get,
      // Every job lists the segments once, and the collector's state twice.
      list: jobs * (job.list + morePages(objects['index/']) + 2 * morePages(objects['gc/'])),
      head: jobs * job.head,
    }
  },
}

/** Every pack of a point is asked for its lock each day, and extended each tenth. */
const locks: Activity = {
  name: 'locks, where asked for',
  perMonth: (estate, { locks: { asked, askedExtending, extended } }) => {
    const used = estate.vms * DAYS * Math.ceil(quantities(estate).packs / estate.vms)
    const put = Math.ceil(used * 0.1 * extended)
    return { put, get: Math.ceil(used * (0.9 * asked + 0.1 * askedExtending)), list: 0, head: 0 }
  },
}

/** A run a day that removes one day's packs and rewrites as much as one run may. */
const collector: Activity = {
  name: 'garbage collector, daily',
  perMonth: (estate, { collector: measured, segmentBytes }) => {
    const objects = objectsOf(estate, segmentBytes)
    const points = estate.vms * estate.points
    const removed = estate.vms * (quantities(estate).packsPerJob + 1)
    const list = Object.entries(measured.listings).reduce(
      (sum, [prefix, times]) =>
        sum + times * (1 + morePages(objects[prefix as keyof typeof objects] ?? 0)),
      0,
    )
    const rewriting = rewriteCalls(estate)
    const segments = Math.ceil(estate.vms / 200)
    return {
      put: DAYS * (measured.puts + rewriting.put + segments),
      get:
        DAYS *
        (points * (measured.getsPerPoint + measured.getsPerIntent) +
          removed * measured.locksPerRemoved +
          3 * estate.vms + // segments of a day: read, asked for their lock, read again
          rewriting.get),
      list: DAYS * list,
      head: 0,
    }
  },
}

const LOOKED_INTO = 1_000 // half-dead packs a run
const COPIED = 4 * 1024 * MiB // a run

/** One more reading of all commit records and intents; trailers; the maps of the VMs whose packs these are; a few ranges of each pack. */
const rewriteCalls = (estate: Estate) => {
  const { chunksOfVm, changedPages, packsPerJob } = quantities(estate)
  const vms = Math.min(estate.vms, Math.ceil(LOOKED_INTO / packsPerJob))
  const pages = vms * (Math.ceil(chunksOfVm / 1024) + (estate.points - 1) * changedPages)
  const points = estate.vms * estate.points
  return { put: Math.ceil(COPIED / PACK) + 3, get: 2 * points + LOOKED_INTO * 5 + pages }
}

/** One restore a day of a whole VM, by ranges of 8 MiB at most. */
const restore: Activity = {
  name: 'one VM restored a day',
  perMonth: estate => {
    const { chunksOfVm } = quantities(estate)
    const stored = chunksOfVm * MiB * estate.ratio
    return { put: 0, get: DAYS * Math.ceil(stored / (8 * MiB)), list: DAYS, head: 0 }
  },
}

/** A check of level 0 a week: everything is listed, every commit record read. */
const check: Activity = {
  name: 'listing check once a week',
  perMonth: estate => {
    const { packs } = quantities(estate)
    const points = estate.vms * estate.points
    const weeks = DAYS / 7
    return {
      put: 0,
      get: Math.ceil(weeks * points),
      list: Math.ceil((weeks * (packs + points)) / KEYS_PER_LIST),
      head: 0,
    }
  },
}

export const activities: readonly Activity[] = [backup, locks, collector, restore, check]

/** @returns LIST calls a month of the jobs alone, with one segment for each point: as if nobody compacted */
export const listsWithoutCompaction = (estate: Estate, measured: Measured): number =>
  backup.perMonth(estate, measured).list +
  estate.vms *
    DAYS *
    (morePages(estate.vms * estate.points) -
      morePages(objectsOf(estate, measured.segmentBytes)['index/']))

/** @returns seconds of one run of the collector: CPU as measured, by commit records and the packs in them */
export const collectorSeconds = (estate: Estate, { collector: m }: Measured): number => {
  const entries = estate.vms * estate.points * Math.ceil(quantities(estate).packs / estate.vms)
  return (m.seconds / (m.points * (m.packs / m.vms))) * entries
}
