import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { openPlain } from '#gateway-agent/sources/nbd/wire.ts'

const MIB = 1024 * 1024

/** A host that sends ones without end. */
const firehose = async () => {
  const gone = Promise.withResolvers<void>()
  const server = createServer(socket => {
    const ones = Buffer.alloc(MIB, 1)
    const send = () => {
      while (socket.writable && socket.write(ones));
    }
    socket.on('drain', send).on('error', () => undefined)
    socket.on('close', () => gone.resolve())
    send()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, gone: gone.promise, close: () => server.close() }
}

test.each(['end', 'destroy'] as const)(
  'after %s nothing more lands in memory that was lent',
  async how => {
    const host = await firehose()
    const wire = await openPlain(
      { address: '127.0.0.1', port: host.port, silence: 10_000 },
      new AbortController().signal,
    )
    try {
      await wire.inbox.take(Buffer.alloc(MIB))
      const lent = new Uint8Array(new SharedArrayBuffer(128 * MIB))
      const taken = wire.inbox.take(lent)
      const started = Promise.withResolvers<void>()
      const look = setInterval(() => lent[MIB] === 1 && started.resolve(), 1)
      await started.promise
      clearInterval(look)
      // The host does not read, so the end of the connection has to wait, and its bytes go on coming.
      wire.write(new Uint8Array(64 * MIB))
      if (how === 'end') wire.end()
      else wire.destroy(new Error('enough'))
      const filled = lent.indexOf(0)
      expect(filled).toBeGreaterThan(MIB)
      await expect(taken).rejects.toThrow(/closed by us|enough/)
      for (let turn = 0; turn < 100; turn++) await new Promise(resolve => setImmediate(resolve))
      expect(lent.indexOf(0)).toBe(filled)
      wire.destroy(new Error('the test is over'))
      await host.gone
    } finally {
      host.close()
    }
  },
)
