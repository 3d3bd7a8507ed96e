import { type Estate, quantities } from './estate.ts'
import type { Requests } from './prices.ts'

/** Something that calls the store again and again. Each is one entry below: what a month of it asks for. */
export interface Activity {
  name: string
  perMonth(estate: Estate, job: Requests): Requests
}

const DAYS = 30
const KEYS_PER_LIST = 1_000

/** One job for each VM each day: what was measured for one, and its data packs. */
const backup: Activity = {
  name: 'daily backup of every VM',
  perMonth: (estate, job) => {
    const jobs = estate.vms * DAYS
    const { packsPerJob } = quantities(estate)
    return {
      put: jobs * (job.put + packsPerJob),
      get: jobs * job.get,
      // Every job lists all index segments, one of each job so far: they are not compacted yet.
      list: jobs * (job.list + Math.floor((estate.vms * estate.points) / KEYS_PER_LIST)),
      head: jobs * job.head,
    }
  },
}

/** One restore a day of a whole VM, by ranges of 8 MiB at most. */
const restore: Activity = {
  name: 'one VM restored a day',
  perMonth: estate => {
    const { chunksOfVm } = quantities(estate)
    const stored = chunksOfVm * 1024 * 1024 * estate.ratio
    return { put: 0, get: DAYS * Math.ceil(stored / (8 * 1024 * 1024)), list: DAYS, head: 0 }
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

export const activities: readonly Activity[] = [backup, restore, check]
