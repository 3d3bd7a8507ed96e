import { expect, test, vi } from 'vitest'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { Engine } from '#repository/engine.ts'
import { TYPE } from '#repository/format/kinds.ts'
import { recordSize } from '#repository/format/record.ts'
import type { Repository } from '#repository/repository.ts'
import type { ChunkTask } from '#repository/workers/task.ts'
import { PackWriter } from '#repository/write/pack-writer.ts'
import { chooser } from '#test/support/repository/interleaver.ts'
import { emptyStore, newRepository, OTHER_VM, VM } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'

const RECORDS = 1_000_000
const WHOLE_PATH = 120_000 // of them through everything; 30 µs each, the rest 3 µs
const CHUNK = 64 * 1024 // bytes, the smallest there is
const RECORD_BYTES = 8 // of ciphertext, as if everything compressed well

/** Who asked for which nonce of which key. */
const audit = vi.hoisted(() => {
  const byKey = new Map<string, Set<number>>()
  const known = new WeakMap<Uint8Array, Set<number>>() // a key is handed on as one array: its text is needed once
  const numbers = { uses: 0, twice: 0 }
  const usesOf = (key: Uint8Array): Set<number> => {
    const text = Buffer.from(key).toString('hex')
    const uses = byKey.get(text) ?? new Set()
    byKey.set(text, uses)
    known.set(key, uses)
    return uses
  }
  const note = (key: Uint8Array, sequence: number) => {
    const uses = known.get(key) ?? usesOf(key)
    if (uses.has(sequence)) numbers.twice++
    uses.add(sequence)
    numbers.uses++
  }
  const seen: { engine?: Engine } = {}
  return { byKey, numbers, note, seen }
})

// All that is sealed goes through here, but for chunks, which threads seal.
vi.mock('#repository/crypto/aes-gcm.ts', async original => {
  const real = await original<typeof import('#repository/crypto/aes-gcm.ts')>()
  const encrypt: typeof real.encrypt = (key, sequence, aad, plaintext) => {
    audit.note(key, sequence)
    return real.encrypt(key, sequence, aad, plaintext)
  }
  return { ...real, encrypt }
})

// The engine of the process that writes, for what goes on with its packs alone.
vi.mock('#repository/write/pack-writer.ts', async original => {
  const real = await original<typeof import('#repository/write/pack-writer.ts')>()
  class PackWriter extends real.PackWriter {
    constructor(...args: ConstructorParameters<typeof real.PackWriter>) {
      super(...args)
      audit.seen.engine = args[0]
    }
  }
  return { PackWriter }
})

// In the place of the threads: notes which key and number a chunk is to be sealed with, and seals nothing, since a million real ones take minutes.
vi.mock('#repository/workers/crew.ts', () => ({
  inlineCrew: () => ({
    width: 1,
    start: () => {},
    close: async () => {},
    run: async (task: ChunkTask) => {
      switch (task.op) {
        case 'identify':
          return { id: task.plaintext.slice(0, 32) }
        case 'seal':
          audit.note(task.key, task.sequence)
          return { compression: 1, ciphertextLength: RECORD_BYTES }
        case 'identify-and-seal':
          audit.note(task.key, task.sequence)
          return { id: task.buffer.slice(0, 32), compression: 1, ciphertextLength: RECORD_BYTES }
        case 'open':
          return { plaintext: undefined }
      }
    },
  }),
}))

/** Keeps names and sizes of data packs, not their bytes. */
const forgetful = (): MaintenanceStore => {
  const store = emptyStore()
  return { ...store, put: (key, parts) => store.put(key, key.startsWith('packs/') ? [] : parts) }
}

/**
 * Motivation: with AES-GCM one nonce used twice under one key breaks both records, and the key for forgeries.
 *
 * Steps: processes that come and go write points with four disks at once, each chunk a new one, two jobs at the same time; the store goes away
 * in the middle of one, which is then tried again. The engine is the real one but for the sealing of chunks, which only notes what it was
 * told to seal with. Then, since that takes its time, packs alone: places are given out, filled in any order and left, packs are lost, writers begin anew.
 *
 * Pass: over a million records no pair of key and nonce came twice.
 */
test('of a million records no two have key and nonce in common', async () => {
  const tuning = { packTarget: 32 * 1024, packBlock: 32 * 1024, segment: 4 * CHUNK }
  const store = forgetful()
  const { repository, jobId, reopen } = await newRepository(store, { tuning })
  await repository.close()
  let chunks = 0

  const write = async (engine: Repository, job: string, vmUuid: string, perDisk = 2048) => {
    const writer = await engine.beginPoint({ jobId: job, vmUuid })
    try {
      const size = perDisk * CHUNK
      const disks = ['a', 'b', 'c', 'd'].map(async diskId => {
        const disk = await writer.disk({ diskId, size, chunkSize: CHUNK, keep: false })
        for (let i = 0; i < perDisk; i++) {
          const bytes = await disk.buffer()
          Buffer.from(bytes.buffer, bytes.byteOffset).writeDoubleLE(++chunks, 0)
          await disk.write(i * CHUNK, bytes)
        }
        await disk.finish()
      })
      await Promise.all(disks)
      await writer.commit({})
    } finally {
      await writer.abort()
    }
  }
  const away = () => new StoreUnavailableError('answer')

  for (let round = 0; audit.numbers.uses < WHOLE_PATH; round++) {
    const when = round % 2 ? 'instead' : 'lost'
    const broken = faulty(store, [{ on: 'put', key: /^packs\//, skip: 10, [when]: away() }])
    const engine = await reopen({ tuning, store: broken })
    const job = jobId()
    await expect(write(engine, job, VM)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await write(engine, job, VM)
    await Promise.all([write(engine, jobId(), VM), write(engine, jobId(), OTHER_VM, 1024)])
    await engine.close()
  }
  expect(chunks).toBeGreaterThan(0.9 * WHOLE_PATH)

  const engine = audit.seen.engine as Engine
  const index = { addPack: () => {} } as unknown as Engine['index']
  const random = chooser(seededRandom(8))
  const record = new Uint8Array(recordSize(RECORD_BYTES))
  const facts = { id: new Uint8Array(32), type: TYPE.chunk, compression: 1, plaintextLength: CHUNK }
  while (audit.numbers.uses < RECORDS) {
    const lost = { on: 'put' as const, skip: random.below(60), instead: away() }
    const writer = new PackWriter(
      { ...engine, index, store: faulty(store, [lost]) },
      'data',
      () => {},
    )
    try {
      for (let i = 0; i < 4000; i++) {
        await writer.room()
        const places = Array.from({ length: 8 }, () => writer.reserve(CHUNK))
        for (const { sequence, sessionKey } of places) audit.note(sessionKey, sequence)
        while (places.length > 0) {
          const [place] = places.splice(random.below(places.length), 1) as [(typeof places)[0]]
          const { sequence } = place
          if (random.chance(3)) place.leave()
          else place.fill({ ...facts, sequence, ciphertextLength: RECORD_BYTES }, record)
        }
      }
      await writer.flush()
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    } finally {
      await writer.abandon()
    }
  }
  expect(audit.numbers.uses).toBeGreaterThanOrEqual(RECORDS)
  expect(audit.numbers.twice).toBe(0)
  expect(audit.byKey.size).toBeGreaterThan(1000) // sessions, trailers and sealed objects
}, 120_000)
