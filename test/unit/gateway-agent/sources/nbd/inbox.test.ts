import { expect, test } from 'vitest'
import { inbox } from '#gateway-agent/sources/nbd/inbox.ts'

test('what comes before anybody waits is kept, up to what a handshake may take', async () => {
  const sink = inbox()
  sink.push(Buffer.alloc(40_000, 1))
  sink.push(Buffer.alloc(20_000, 2))
  expect(sink.unclaimed).toBe(60_000)
  expect([...(await sink.take(Buffer.alloc(40_001))).subarray(39_999)]).toEqual([1, 2])
})

test('a server that goes on sending what nobody asked for is given up, and takes no more memory', async () => {
  const sink = inbox()
  for (let i = 0; i < 100; i++) sink.push(Buffer.alloc(64 * 1024))
  expect(sink.unclaimed).toBe(0)
  const why = 'it sends what nobody asked for'
  await expect(sink.take(Buffer.alloc(1))).rejects.toThrow(why)
  sink.push(Buffer.alloc(64 * 1024))
  expect(sink.unclaimed).toBe(0)
})
