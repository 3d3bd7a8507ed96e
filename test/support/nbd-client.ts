import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** GO or INFO, by name, with information wanted. */
export const goData = (name: string, wanted: number[] = []): Buffer => {
  const text = Buffer.from(name)
  const list = Buffer.alloc(2 + 2 * wanted.length)
  list.writeUInt16BE(wanted.length)
  for (const [i, each] of wanted.entries()) list.writeUInt16BE(each, 2 + 2 * i)
  return Buffer.concat([u32(text.length), text, list])
}

/** SET_META_CONTEXT or LIST_META_CONTEXT. */
export const contextData = (name: string, queries: string[]): Buffer => {
  const string = (text: string) => Buffer.concat([u32(Buffer.byteLength(text)), Buffer.from(text)])
  return Buffer.concat([string(name), u32(queries.length), ...queries.map(string)])
}

/** An NBD client that says just what a test wants it to, right or wrong. */
export const nbdClient = async (path: string) => {
  const socket: Socket = connect(path)
  let received = Buffer.alloc(0)
  let closed = false
  let wake = () => {}
  socket.on('data', data => {
    received = Buffer.concat([received, data])
    wake()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    closed = true
    wake()
  })
  await once(socket, 'connect').catch(() => undefined)

  /** @returns fewer bytes when the server closed */
  const take = async (length: number): Promise<Buffer> => {
    while (received.length < length && !closed)
      await new Promise<void>(resolve => {
        wake = resolve
      })
    const bytes = received.subarray(0, length)
    received = received.subarray(length)
    return bytes
  }
  const send = (...parts: Uint8Array[]) => void socket.write(Buffer.concat(parts))
  const option = async (number: number, data: Uint8Array = Buffer.alloc(0)) => {
    send(Buffer.from('IHAVEOPT'), u32(number), u32(data.length), data)
    const replies: { type: number; data: Buffer }[] = []
    for (;;) {
      const head = await take(20)
      if (head.length < 20) return replies
      const type = head.readUInt32BE(12)
      replies.push({ type, data: Buffer.from(await take(head.readUInt32BE(16))) })
      // An acknowledgement or an error ends it.
      if (type === 1 || type >= 0x8000_0000) return replies
    }
  }
  return {
    socket,
    take,
    send,
    option,
    greet: async (flags = 3) => {
      const greeting = await take(18)
      send(u32(flags))
      return greeting
    },
    request: (
      type: number,
      { offset = 0, length = 0, flags = 0, cookie = 7n, payload = Buffer.alloc(0) } = {},
    ) => {
      const head = Buffer.alloc(28)
      head.writeUInt32BE(0x2560_9513, 0)
      head.writeUInt16BE(flags, 4)
      head.writeUInt16BE(type, 6)
      head.writeBigUInt64BE(cookie, 8)
      head.writeBigUInt64BE(BigInt(offset), 16)
      head.writeUInt32BE(length, 24)
      send(head, payload)
    },
    /** One chunk of a structured reply. */
    chunk: async () => {
      const head = await take(20)
      const type = head.readUInt16BE(6)
      return { done: head.readUInt16BE(4) === 1, type, data: await take(head.readUInt32BE(16)) }
    },
    closed: async () => {
      if (!closed) await once(socket, 'close')
    },
    destroy: () => socket.destroy(),
  }
}
