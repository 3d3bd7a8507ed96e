import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SyslogTarget } from '#core/contracts/channels.ts'
import { sendSyslog } from '#gateway-agent/notify/syslog-send.ts'
import { EVENT, gatewayMessage, someSecrets } from '#test/support/notify.ts'
import { selfSigned } from '#test/support/self-signed.ts'

const timing = { limit: 300, settle: 30 }
const open: { server: Server; sockets: Socket[] }[] = []
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
})

/** A receiver that behaves as `behave` has it, and what came to it, connection by connection. */
const receiver = async (behave: (socket: Socket) => void) => {
  const sockets: Socket[] = []
  const got: string[] = []
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, socket => {
    const at = got.push('') - 1
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', bytes => {
      got[at] = `${got[at]}${bytes}`
    })
    behave(socket)
  }).listen(0, '127.0.0.1')
  open.push({ server, sockets })
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const to = (more: object = {}) =>
    SyslogTarget.parse({ kind: 'syslog', host: '127.0.0.1', port, transport: 'tcp', ...more })
  return { got, to }
}
const sendTo = (to: SyslogTarget, unread = new Set<string>(), secrets = {}) =>
  sendSyslog(gatewayMessage(to), { secrets: someSecrets(secrets), host: 'gw', unread, timing })
const reads = (socket: Socket) => socket.resume()
const readsAndEnds = (socket: Socket) => {
  reads(socket)
  socket.once('end', () => socket.end())
}

describe('syslog knows no receipt but the end of a connection', () => {
  test('a receiver that reads to the end and ends has the message, once', async () => {
    const { got, to } = await receiver(readsAndEnds)
    await sendTo(to())
    expect(got).toHaveLength(1)
    expect(got[0]).toMatch(/^\d+ <131>1 /)
    expect(got[0]).toContain(EVENT)
  })

  test('what stands before a receiver that is down, and ends at once, gets nothing', async () => {
    const { got, to } = await receiver(socket => socket.end())
    await expect(sendTo(to())).rejects.toThrow('it ended the connection before anything was sent')
    expect(got).toEqual([''])
  })

  test('a receiver that cuts the connection without reading does not have it', async () => {
    const { to } = await receiver(socket => {
      setTimeout(() => socket.resetAndDestroy(), 100)
    })
    await expect(sendTo(to())).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('one that reads nothing gets no second copy until it ends an empty connection', async () => {
    const state = { isAwake: false }
    const { got, to } = await receiver(socket => {
      if (state.isAwake) readsAndEnds(socket)
    })
    const unread = new Set<string>()
    await expect(sendTo(to(), unread)).rejects.toThrow(/nobody knows whether it read it/)
    await expect(sendTo(to(), unread)).rejects.toThrow(/did not end the connection/)
    state.isAwake = true
    await sendTo(to(), unread)
    // The first was never read here; the second and third connection had nothing in them.
    expect(got.map(text => text.includes(EVENT))).toEqual([false, false, false, true])
    expect(unread.size).toBe(0)
  })

  test('one that never ends is told to be so: then a message counts when it was sent', async () => {
    const { got, to } = await receiver(reads)
    await expect(sendTo(to())).rejects.toThrow(/needs "confirmation": "none"/)
    await sendTo(to({ confirmation: 'none' }))
    await vi.waitUntil(() => got.filter(text => text.includes(EVENT)).length === 2)
  })

  test('over TLS as well', async () => {
    const tls = await selfSigned('localhost')
    const state = { ends: false }
    const got: string[] = []
    const sockets: Socket[] = []
    const server = createTlsServer({ ...tls, allowHalfOpen: true }, socket => {
      const at = got.push('') - 1
      sockets.push(socket)
      socket.on('error', () => {})
      socket.on('data', bytes => {
        got[at] = `${got[at]}${bytes}`
      })
      if (state.ends) readsAndEnds(socket)
    }).listen(0, '127.0.0.1')
    open.push({ server, sockets })
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const to = SyslogTarget.parse({
      ...{ kind: 'syslog', host: 'localhost', port, transport: 'tls', ca: 'ca' },
    })
    await expect(sendTo(to, new Set(), { ca: tls.cert })).rejects.toThrow(/did not end/)
    state.ends = true
    await sendTo(to, new Set(), { ca: tls.cert })
    expect(got.filter(text => text.includes(EVENT))).toHaveLength(2)
  })
})
