import { describe, expect, test } from 'vitest'
import { StoreUnavailableError } from '#core/errors/store.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { DEFAULT_TUNING, type Engine } from '#repository/engine.ts'
import { TYPE } from '#repository/format/kinds.ts'
import { Moves } from '#repository/gc/moves.ts'
import { IndexTable } from '#repository/index/table.ts'
import { KnownDamage } from '#repository/lost/known-damage.ts'
import { inlineCrew } from '#repository/workers/crew.ts'
import { BufferPool } from '#repository/write/buffer-pool.ts'
import { ByteBudget } from '#repository/write/byte-budget.ts'
import type { FinishedPack } from '#repository/write/pack-builder.ts'
import { PackWriter } from '#repository/write/pack-writer.ts'
import { Semaphore } from '#repository/write/semaphore.ts'
import { emptyStore } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'

const setUp = (changes: Partial<Engine> = {}) => {
  const engine: Engine = {
    store: emptyStore(),
    keys: deriveKeys(Buffer.alloc(32, 1), Buffer.alloc(16, 2)),
    clock: frozenClock(),
    random: seededRandom(5),
    epoch: 1,
    index: new IndexTable(),
    damage: new KnownDamage(),
    moves: new Moves(),
    budget: new ByteBudget(10_000),
    buffers: new BufferPool(100_000),
    crew: inlineCrew(),
    work: new Semaphore(4),
    opening: new Semaphore(4),
    tuning: { ...DEFAULT_TUNING, packTarget: 2000 },
    ...changes,
  }
  const sent: FinishedPack[] = []
  const writer = new PackWriter(engine, 'data', pack => sent.push(pack))
  const record = (n: number) => {
    const bytes = Buffer.alloc(500, n)
    return {
      id: engine.keys.recordId(TYPE.chunk, bytes),
      type: TYPE.chunk,
      compression: 0,
      bytes,
      plaintextLength: 500,
    }
  }
  return { engine, writer, sent, record }
}

test('a pack is sent when it is full, and known when the store has it', async () => {
  const { engine, writer, sent, record } = setUp()
  const packs: string[] = []
  for (let n = 0; n < 10; n++) packs.push(writer.add(record(n), await engine.budget.take(1000)))
  await writer.flush()
  // 64 + 4 * 556 bytes are the first to reach 2,000.
  expect(sent.map(pack => pack.trailer.records.length)).toEqual([4, 4, 2])
  expect(packs.map(ulid => sent.findIndex(pack => pack.ulid === ulid))).toEqual([
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2,
  ])
  expect(engine.index.packsOf(record(9).id)).toEqual([sent[2]?.ulid])
  expect(engine.budget.used).toBe(0)
})

describe('before it is sent', () => {
  test.each([0, 16])('record %i is read back: what memory has spoilt never leaves', async which => {
    const { engine, writer, record } = setUp({
      tuning: { ...DEFAULT_TUNING, packTarget: 1_000_000 },
    })
    for (let n = 0; n < 20; n++) {
      const spoilt = n === which ? { ...record(n), id: record(99).id } : record(n)
      writer.add(spoilt, await engine.budget.take(500))
    }
    await expect(writer.flush()).rejects.toMatchObject({
      code: 'SELF_CHECK_FAILED',
      message: 'A chunk could not be read back from memory before it was sent.',
    })
    expect(await Array.fromAsync(engine.store.list(''))).toEqual([])
    expect(engine.budget.used).toBe(0)
  })
})

test('after a pack that was refused nothing more is taken', async () => {
  const { engine, writer, record } = setUp({
    store: {
      ...emptyStore(),
      put: async () => Promise.reject(new StoreUnavailableError('answer')),
    },
  })
  writer.add(record(1), await engine.budget.take(1000))
  await expect(writer.flush()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(() => writer.add(record(2))).toThrow(
    expect.objectContaining({ code: 'STORE_UNAVAILABLE' }),
  )
  expect(engine.budget.used).toBe(0)
  expect(engine.index.packsOf(record(1).id)).toEqual([])
})
