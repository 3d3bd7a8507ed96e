import { expect, test } from 'vitest'
import { createLimits } from '#sim/limits.ts'
import { readOptions } from '#sim/options.ts'
import { poolWithVm } from '#test/support/pool-with-vm.ts'

const open = new AbortController().signal
const elapsed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

test('each stream has its own rate', async () => {
  const limits = createLimits(open, { bytesPerSecond: 10_000_000 })
  const megabyte = async () => {
    const pace = limits.pace('h')
    for (let piece = 0; piece < 10; piece++) await pace.take(100_000)
  }
  expect(await elapsed(megabyte)).toBeGreaterThan(90)
  expect(await elapsed(() => Promise.all([megabyte(), megabyte(), megabyte()]))).toBeLessThan(250)
})

test('latency delays answers, and not the line: those under way wait together, in order', async () => {
  const pace = createLimits(open, { latencyMilliseconds: 50 }).pace('h')
  const written: number[] = []
  const took = await elapsed(async () => {
    for (let piece = 0; piece < 5; piece++)
      await pace.send(1000, async () => void written.push(piece))
    expect(written).toEqual([])
    await pace.settle()
  })
  expect(written).toEqual([0, 1, 2, 3, 4])
  expect(took).toBeGreaterThan(45)
  expect(took).toBeLessThan(150)
})

test('a call waits for the latency', async () => {
  const pool = await poolWithVm([Buffer.alloc(1024 * 1024)], {
    limits: { latencyMilliseconds: 40 },
  })
  expect(await elapsed(() => pool.rpc('VM.get_all'))).toBeGreaterThan(38)
  await pool.close()
})

test('the command line and the control channel take only numbers that make sense', async () => {
  expect(readOptions(['--rate', '25MB', '--latency', '50'])?.limits).toEqual({
    bytesPerSecond: 25_000_000,
    latencyMilliseconds: 50,
  })
  expect(() => readOptions(['--rate', 'fast'])).toThrow('--rate is a number of bytes')
  const pool = await poolWithVm([Buffer.alloc(1024 * 1024)])
  const headers = { authorization: `Basic ${Buffer.from('root:xenserver').toString('base64')}` }
  const set = async (limits: unknown) => {
    const body = JSON.stringify(limits)
    const answer = await fetch(`${pool.url}/sim/limits`, { method: 'POST', headers, body })
    return { status: answer.status, value: await answer.json() }
  }
  expect(await set({ latencyMilliseconds: 1 })).toEqual({
    status: 200,
    value: { bytesPerSecond: 0, latencyMilliseconds: 1 },
  })
  expect(await set({ latencyMilliseconds: -1 })).toMatchObject({ status: 400 })
  expect(await set({ speed: 1 })).toMatchObject({ status: 400 })
  await pool.close()
})
