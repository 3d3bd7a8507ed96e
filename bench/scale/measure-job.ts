import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { ulidMaker } from '#core/ids.ts'
import { createRepository } from '#repository/index.ts'
import { contentOf } from '../image/content.ts'
import { seededRandom } from '../image/random.ts'
import { nullStore } from '../stores/null-store.ts'
import { CHUNK } from './estate.ts'
import type { Requests } from './prices.ts'

/**
 * Runs a real increment of one VM with one disk and counts what it asks of the store.
 * @returns calls of one job, its data packs left out
 */
export const measureJob = async (): Promise<Requests> => {
  const store = nullStore()
  const random = seededRandom('job')
  const common = { store, clock: systemClock, random: systemRandom }
  const { repository } = await createRepository({
    ...common,
    passphrase: 'of the bench',
    scryptLogN: 10,
  })
  const nextId = ulidMaker(common)
  const vmUuid = '11111111-2222-4333-8444-555555555555'
  const backUp = async (chunks: number, keep: boolean) => {
    const base = await repository.latestPoint(vmUuid)
    const point = await repository.beginPoint({ jobId: nextId(), vmUuid, base })
    const disk = await point.disk({ diskId: 'disk', size: 64 * CHUNK, keep })
    for (let chunk = 0; chunk < chunks; chunk++)
      await disk.write(chunk * CHUNK, contentOf('text', random, CHUNK))
    await disk.finish()
    await point.commit(null)
  }
  try {
    await backUp(8, false)
    const before = { ...store.counts, packs: await packsOf(store) }
    await backUp(2, true)
    const { put, get, list, head } = store.counts
    const packs = (await packsOf(store)) - before.packs
    return {
      put: put - before.put - packs,
      get: get - before.get,
      list: list - before.list - 1, // one was ours
      head: head - before.head,
    }
  } finally {
    await repository.close()
  }
}

const packsOf = async (store: ReturnType<typeof nullStore>): Promise<number> =>
  (await Array.fromAsync(store.list('packs/'))).length
