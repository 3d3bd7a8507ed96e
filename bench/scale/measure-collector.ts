import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { sealObject } from '#repository/crypto/sealed-object.ts'
import { unlockRoot } from '#repository/crypto/slots.ts'
import { canonicalJson } from '#repository/format/canonical-json.ts'
import { TYPE } from '#repository/format/kinds.ts'
import { intentName, packName, pointName } from '#repository/format/names.ts'
import { encodePackTable, type PackRef } from '#repository/format/pack-table.ts'
import { newUlid } from '#repository/format/ulid.ts'
import { createRepository } from '#repository/index.ts'
import { countingStore } from '../stores/counting-store.ts'
import { PACK } from './estate.ts'

const DAY = 24 * 60 * 60 * 1000 // ms
const PASSPHRASE = 'of the bench'
const ORPHANS = 100

/** One run of the collector that sweeps one plan and makes another, by what grows with the repository. */
export interface CollectorMeasured {
  vms: number
  points: number
  packs: number
  /** GETs for each commit record, and for each intent */
  getsPerPoint: number
  getsPerIntent: number
  /** how often everything below a prefix is listed */
  listings: Record<string, number>
  /** questions about locks for each pack that is removed */
  locksPerRemoved: number
  /** other PUTs and GETs of a run */
  puts: number
  seconds: number
  rssGrowth: number
}

/**
 * Fills a real repository with commit records, intents and empty packs (metadata only), of the size that they have at scale, and lets the real collector run.
 * @param vms and their points
 * @param packsOfPoint packs that one point needs
 */
export const measureCollector = async ({
  vms,
  points,
  packsOfPoint,
}: {
  vms: number
  points: number
  packsOfPoint: number
}): Promise<CollectorMeasured> => {
  let now = Date.UTC(2026, 0, 1)
  const clock = { now: () => now }
  const random = systemRandom
  const memory = memoryObjectStore({ clock })
  const { store, counts, reset } = countingStore(memory)
  const { repository } = await createRepository({
    store,
    clock,
    random,
    passphrase: PASSPHRASE,
    scryptLogN: 10,
    tuning: { workers: 0 },
  })
  const root = await unlockRoot(store, repository.id, { passphrase: PASSPHRASE })
  const keys = deriveKeys(root, Buffer.from(repository.id, 'hex'))
  const seal = async (key: string, type: number, json: Parameters<typeof canonicalJson>[0]) => {
    const place = { key, type: type as typeof TYPE.commit, epoch: 1 }
    const bytes = await sealObject(keys, random, place, Buffer.from(canonicalJson(json)))
    memory.objects.set(key, { bytes, modified: now, version: `v-${key}` })
  }
  const emptyPack = (): PackRef => {
    const ulid = newUlid(clock, random)
    const key = packName('data', ulid)
    memory.objects.set(key, { bytes: new Uint8Array(0), modified: now, version: `v-${key}` })
    return { ulid, kind: 'data', size: PACK }
  }
  for (let vm = 0; vm < vms; vm++) {
    const vmUuid = `11111111-2222-4333-8444-${String(vm).padStart(12, '0')}`
    const refs = Array.from({ length: packsOfPoint }, emptyPack)
    const table = encodePackTable({
      packs: new Map(refs.map(ref => [ref.ulid, ref])),
      parts: [new Map(refs.map(({ ulid }) => [ulid, 80]))],
    })
    for (let n = 0; n < points; n++) {
      const [point, intent] = [newUlid(clock, random), newUlid(clock, random)]
      const packs = refs.map(({ ulid }) => ulid)
      await seal(intentName(point, intent), TYPE.intent, { version: 1, job: point, vmUuid, packs })
      await seal(pointName(keys.vmTag(vmUuid), point), TYPE.commit, {
        version: 1,
        point,
        vmUuid,
        created: new Date(now).toISOString(),
        intent,
        disks: [{ id: 'disk', size: 1e11, chunkSize: 1024 * 1024, root: '0'.repeat(64) }],
        packTable: { inline: table.toString('base64') },
        statistics: {
          ...{ chunks: 0, changedBytes: 0, newBytes: 0, level3Chunks: 0, storedBytes: 0 },
          ...{ zeroBytes: 0, packs: 0, puts: 0 },
        },
        subject: null,
      })
    }
  }
  try {
    for (let i = 0; i < ORPHANS; i++) emptyPack()
    now += 4 * DAY
    await repository.collectGarbage({ store })
    for (let i = 0; i < ORPHANS; i++) emptyPack()
    now += 4 * DAY
    reset()
    const rss = process.memoryUsage().rss
    const start = performance.now()
    const { removed, condemned } = await repository.collectGarbage({ store })
    const seconds = (performance.now() - start) / 1000
    if (removed.packs !== ORPHANS || condemned.packs !== ORPHANS)
      throw new Error('The collector did not do what was to be measured.')
    const all = vms * points
    return {
      vms,
      points: all,
      packs: vms * packsOfPoint,
      getsPerPoint: (counts.get.get('points/') ?? 0) / all,
      getsPerIntent: (counts.get.get('intents/') ?? 0) / all,
      listings: Object.fromEntries(counts.list),
      locksPerRemoved: counts.retention / ORPHANS,
      puts: [...counts.put.values()].reduce((a, b) => a + b),
      seconds,
      rssGrowth: Math.max(0, process.memoryUsage().rss - rss),
    }
  } finally {
    await repository.close()
  }
}
