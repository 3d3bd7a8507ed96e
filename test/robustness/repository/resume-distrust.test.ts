import { describe, expect, test } from 'vitest'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { DAY, expectSame, halfDone, KiB } from '#test/support/repository/resumed-job.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

describe('what cannot be relied on is read again', () => {
  test('a damaged checkpoint is passed over, with a note', async () => {
    const { again, store, disks } = await halfDone()
    const [key] = keysOf(store, 'parts/') as [string]
    flipBit(store, key, 200)
    const { point, given, writer, repository } = await again()
    expect(given).toBeGreaterThan(28)
    expect(given).toBeLessThan(48)
    expect(writer.notes).toEqual([
      expect.stringMatching(/^A checkpoint is of no use and passed over: .*parts\//),
    ])
    await expectSame(repository, point, disks)
  })

  test('one that was copied to the name of another job is forged', async () => {
    const { again, store, jobId } = await halfDone()
    const job = jobId()
    for (const key of keysOf(store, 'parts/')) {
      const name = key.split('/').at(-1)
      await store.put(`parts/${job}/${name}`, [await store.get(key)])
    }
    const { given, writer } = await again({ job })
    expect(given).toBe(48)
    expect(writer.notes).toEqual([
      expect.stringMatching(/sealed for another name or another repository, or it was forged/),
    ])
  })

  test('one that is too large to be one is not even read', async () => {
    const { again, store, job } = await halfDone()
    await store.put(`parts/${job}/00000900`, [Buffer.alloc(8 * 1024 * KiB + 1)])
    const reads: string[] = []
    const watching = faulty(store, [
      { on: 'get', key: /00000900$/, times: 9, before: () => reads.push('read') },
    ])
    const { given, writer } = await again({}, watching)
    expect(given).toBeLessThanOrEqual(28)
    expect(reads).toEqual([])
    expect(writer.notes).toEqual([expect.stringContaining('more than a checkpoint can have')])
  })

  test('chunks of a pack that is gone', async () => {
    const { again, store, disks } = await halfDone()
    const [gone] = keysOf(store, 'packs/') as [string]
    store.objects.delete(gone)
    const { point, given, repository } = await again()
    expect(given).toBeGreaterThan(28)
    await expectSame(repository, point, disks)
  })

  test('packs that the collector has condemned since', async () => {
    const { again, store, time, repository, disks } = await halfDone()
    time.time += 4 * DAY
    const report = await repository.collectGarbage({ store })
    expect(report.condemned.packs).toBeGreaterThan(0)
    const { point, given, repository: later } = await again()
    expect(given).toBe(48 - 3) // the zeros are true for ever
    for (let i = 0; i < 3; i++) {
      time.time += 4 * DAY
      await later.collectGarbage({ store })
    }
    await expectSame(later, point, disks)
  })
})
