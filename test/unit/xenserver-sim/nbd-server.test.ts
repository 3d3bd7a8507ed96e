import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { readExactly } from '#sim/nbd/read-exactly.ts'
import { type NbdServer, type NbdServerOptions, startNbdServer } from '#sim/nbd/server.ts'
import { selfSigned } from '#test/support/self-signed.ts'

const SIZE = 2 * 1024 * 1024 + 512
const content = Buffer.from(Array.from({ length: SIZE }, (_, i) => (i * 7 + (i >> 9)) & 0xff))
const open = async (exportName: string) => {
  if (exportName !== '/vdi?session_id=s') throw new Error('unknown')
  return {
    size: SIZE,
    read: async (at: number, into: Buffer) => void content.copy(into, 0, at),
    close: () => {},
  }
}

let server: NbdServer
afterEach(() => server.close())

const start = async (options: Partial<NbdServerOptions> = {}) => {
  server = await startNbdServer({ host: '127.0.0.1', port: 0, open, ...options })
}

/** The next `length` bytes, or nothing once the server closed. */
const receive = async (socket: Socket, length: number) =>
  (await readExactly(socket, length)) ?? Buffer.alloc(0)

async function greet(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  expect((await receive(socket, 18)).toString('latin1')).toBe('NBDMAGICIHAVEOPT\0\x01')
  socket.write(Buffer.from([0, 0, 0, 1]))
  return socket
}

const option = (number: number, data = '') => {
  const head = Buffer.alloc(16)
  head.write('IHAVEOPT')
  head.writeUInt32BE(number, 8)
  head.writeUInt32BE(data.length, 12)
  return Buffer.concat([head, Buffer.from(data)])
}
const replyType = async (socket: Socket) => (await receive(socket, 20)).readUInt32BE(12)
const closed = async (socket: Socket) => expect((await receive(socket, 1)).length).toBe(0)

const request = (type: number, offset: number, length: number) => {
  const bytes = Buffer.alloc(28)
  bytes.writeUInt32BE(0x25609513, 0)
  bytes.writeUInt16BE(type, 6)
  bytes.write('handle!!', 8)
  bytes.writeBigUInt64BE(BigInt(offset), 16)
  bytes.writeUInt32BE(length, 24)
  return bytes
}
async function openExport(socket: Socket): Promise<void> {
  socket.write(option(1, '/vdi?session_id=s'))
  const answer = await receive(socket, 134)
  expect(answer.readBigUInt64BE()).toBe(BigInt(SIZE))
  expect(answer.readUInt16BE(8)).toBe(3)
}

describe('options in clear', () => {
  test.each([
    ['LIST', 3, 0x80000002],
    ['STARTTLS', 5, 0x80000002],
    ['INFO', 6, 0x80000001],
    ['GO', 7, 0x80000001],
    ['STRUCTURED_REPLY', 8, 0x80000001],
    ['SET_META_CONTEXT', 10, 0x80000001],
  ])('%s is refused and the handshake goes on', async (_, number, type) => {
    await start()
    const socket = await greet()
    socket.write(option(number))
    expect(await replyType(socket)).toBe(type)
    await openExport(socket)
    socket.destroy()
  })

  test('ABORT is acknowledged', async () => {
    await start()
    const socket = await greet()
    socket.write(option(2))
    expect(await replyType(socket)).toBe(1)
    await closed(socket)
  })

  test('an unknown export closes without a message', async () => {
    await start()
    const socket = await greet()
    socket.write(option(1, '/other'))
    await closed(socket)
  })
})

describe('with forced TLS', () => {
  const identity = selfSigned('host1.example')

  test.each([3, 6, 7, 99])('option %i before STARTTLS needs TLS', async number => {
    await start({ tls: await identity })
    const socket = await greet()
    socket.write(option(number))
    expect(await replyType(socket)).toBe(0x80000005)
    socket.destroy()
  })

  test.each([1, 2])('option %i in clear closes the connection', async number => {
    await start({ tls: await identity })
    const socket = await greet()
    socket.write(option(number, number === 1 ? '/vdi?session_id=s' : ''))
    await closed(socket)
  })

  test('TLS 1.2 with the certificate handed over leads to the data; a second STARTTLS is invalid', async () => {
    const tls = await identity
    await start({ tls })
    const socket = await greet()
    socket.write(option(5))
    expect(await replyType(socket)).toBe(1)
    const secured = connectTls({ socket, ca: tls.cert, servername: 'host1.example' })
    await once(secured, 'secureConnect')
    expect(secured.getProtocol()).toBe('TLSv1.2')
    secured.write(option(5))
    expect(await replyType(secured)).toBe(0x80000003)
    await openExport(secured)
    secured.write(request(0, 512, 1024))
    const answer = await receive(secured, 16 + 1024)
    expect(answer.subarray(16).equals(content.subarray(512, 1536))).toBe(true)
    secured.destroy()
  })

  test('a client that speaks only TLS 1.3 fails', async () => {
    const tls = await identity
    await start({ tls })
    const socket = await greet()
    socket.write(option(5))
    await replyType(socket)
    const secured = connectTls({
      socket,
      ca: tls.cert,
      minVersion: 'TLSv1.3',
      servername: 'host1.example',
    })
    await expect(once(secured, 'secureConnect')).rejects.toThrow()
  })
})

describe('requests', () => {
  test('sent together are answered in order, in whole', async () => {
    await start()
    const socket = await greet()
    await openExport(socket)
    socket.write(Buffer.concat([request(0, 0, SIZE), request(0, 512, 512), request(2, 0, 0)]))
    const first = await receive(socket, 16 + SIZE)
    expect(first.subarray(0, 16).toString('hex')).toBe(
      `6744669800000000${Buffer.from('handle!!').toString('hex')}`,
    )
    expect(first.subarray(16).equals(content)).toBe(true)
    const second = await receive(socket, 16 + 512)
    expect(second.subarray(16).equals(content.subarray(512, 1024))).toBe(true)
    await closed(socket)
  })

  test.each([
    ['a write', 1, 0, 512, 1],
    ['an unknown command', 3, 0, 0, 22],
    ['an odd offset', 0, 100, 512, 22],
    ['an odd length', 0, 0, 100, 22],
    ['reading past the end', 0, SIZE - 512, 1024, 22],
  ])('%s is answered by an error and the end', async (_, type, offset, length, errno) => {
    await start()
    const socket = await greet()
    await openExport(socket)
    socket.write(request(type, offset, length))
    expect((await receive(socket, 16)).readUInt32BE(4)).toBe(errno)
    await closed(socket)
  })

  test('an error in mid-read closes after the promise of success', async () => {
    const reads: number[] = []
    await start({
      onRead: ({ offset }) => {
        reads.push(offset)
        if (offset >= 1024 * 1024) throw new Error('broken')
      },
    })
    const socket = await greet()
    await openExport(socket)
    socket.write(request(0, 0, SIZE))
    const arrived: Buffer[] = []
    for await (const piece of socket) arrived.push(piece as Buffer)
    expect(Buffer.concat(arrived).length).toBe(16 + 1024 * 1024)
    expect(reads).toEqual([0, 512 * 1024, 1024 * 1024])
  })
})

test('the 17th connection is dropped, and a place is free again once a client left', async () => {
  let opened = 0
  let released = () => {}
  await start({
    open: async name => {
      opened++
      return { ...(await open(name)), close: () => released() }
    },
  })
  const sockets = []
  for (let i = 0; i < 16; i++) {
    const socket = await greet()
    await openExport(socket)
    sockets.push(socket)
  }
  const late = connect(server.port, '127.0.0.1')
  late.on('error', () => {})
  await closed(late)
  const place = new Promise<void>(resolve => {
    released = resolve
  })
  sockets[0]?.write(request(2, 0, 0))
  await place
  await once(sockets[0] as Socket, 'close')
  await openExport(await greet())
  expect(opened).toBe(17)
})
