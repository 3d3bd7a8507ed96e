import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { ulidMaker } from '#core/ids.ts'
import { createRepository } from '#repository/index.ts'
import { contentOf } from '../image/content.ts'
import { seededRandom } from '../image/random.ts'
import { countingStore } from '../stores/counting-store.ts'

const DAY = 24 * 60 * 60 * 1000 // ms
const CHUNK = 64 * 1024

/** Calls about locks for each pack that a point uses again. */
export interface LocksMeasured {
  /** on a day on which all locks are long enough */
  asked: number
  /** on one of the days on which they are extended, every tenth */
  askedExtending: number
  extended: number
}

/** Runs locked increments of a real VM on a store with locks, day by day, and counts what is asked about locks. */
export const measureLocks = async (): Promise<LocksMeasured> => {
  let now = Date.UTC(2026, 0, 1)
  const clock = { now: () => now }
  const { store, counts, reset } = countingStore(memoryObjectStore({ clock }))
  const common = { store, clock, random: systemRandom }
  const { repository } = await createRepository({
    ...common,
    passphrase: 'of the bench',
    scryptLogN: 10,
    tuning: { packTarget: 4 * CHUNK, workers: 0 },
  })
  const nextId = ulidMaker(common)
  const random = seededRandom('locks')
  const vmUuid = '11111111-2222-4333-8444-555555555555'
  const lock = { mode: 'governance' as const, days: 30 }
  const chunks = 512
  try {
    const perDay: { asked: number; extended: number; packs: number }[] = []
    for (let day = 0; day < 21; day++) {
      const base = await repository.latestPoint(vmUuid)
      reset()
      const point = await repository.beginPoint({ jobId: nextId(), vmUuid, base, lock })
      const size = chunks * CHUNK
      const disk = await point.disk({ diskId: 'disk', size, chunkSize: CHUNK, keep: !!base })
      for (let chunk = 0; chunk < (base ? 1 : chunks); chunk++)
        await disk.write(chunk * CHUNK, contentOf('text', random, CHUNK))
      await disk.finish()
      await point.commit(null)
      if (base)
        perDay.push({
          // Without what the point's own objects ask for: one each, read back.
          asked: counts.retention - (point.statistics.lock?.objects ?? 0),
          extended: point.statistics.lock?.extensions ?? 0,
          packs: base.packs.size,
        })
      now += DAY
    }
    const perPack = (day: (typeof perDay)[number]) => ({
      asked: day.asked / day.packs,
      extended: day.extended / day.packs,
    })
    const days = perDay.map(perPack).sort((a, b) => a.extended - b.extended)
    const [quiet, busy] = [days[0], days.at(-1)] as [(typeof days)[number], (typeof days)[number]]
    return { asked: quiet.asked, askedExtending: busy.asked, extended: busy.extended }
  } finally {
    await repository.close()
  }
}
