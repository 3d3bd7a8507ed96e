import type { Socket } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { findExport, type NbdExport } from './exports.ts'
import type { Limits } from './limits.ts'
import {
  contextEntry,
  exportInfo,
  info,
  optionReply,
  parseContextRequest,
  parseInfoRequest,
  parseOptionHead,
  serverEntry,
  string,
  u16,
  u32,
} from './messages.ts'
import {
  CONTEXT,
  EXPORT_NAME_PADDING,
  HANDSHAKE,
  INFO,
  MAGIC,
  OPTION,
  OPTION_HEAD_SIZE,
  OPTION_MAGIC,
  REPLY,
  TRANSMISSION,
} from './protocol.ts'
import { Wire } from './wire.ts'

export interface Offer {
  exports: readonly NbdExport[]
  /** Present: nothing is told or given in clear. */
  tls?: TlsOptions | undefined
  limits: Limits
}

/** What both sides settled on. */
export interface Agreement {
  wire: Wire
  disk: NbdExport
  structured: boolean
  /** `base:allocation` may be asked for. */
  allocation: boolean
}

interface Option {
  number: number
  data: Buffer
}

/**
 * The fixed newstyle handshake. With TLS nothing but STARTTLS is answered before it.
 * @returns `undefined`: close the connection, without a word
 */
export const negotiate = async (socket: Socket, offer: Offer): Promise<Agreement | undefined> => {
  const wire = new Wire(socket, offer.limits.stall)
  await wire.send(MAGIC, OPTION_MAGIC, u16(HANDSHAKE.fixedNewstyle | HANDSHAKE.noZeroes))
  const flags = (await wire.take(4))?.readUInt32BE()
  const known = HANDSHAKE.fixedNewstyle | HANDSHAKE.noZeroes
  if (flags === undefined || (flags & ~known) !== 0) return undefined
  const noZeroes = (flags & HANDSHAKE.noZeroes) !== 0
  return new Handshake(socket, wire, offer, noZeroes).run()
}

class Handshake {
  readonly #socket: Socket
  readonly #offer: Offer
  readonly #noZeroes: boolean
  #wire: Wire
  #secure: boolean
  #structured = false
  /** the export that `base:allocation` was agreed on for */
  #context: NbdExport | undefined

  constructor(socket: Socket, wire: Wire, offer: Offer, noZeroes: boolean) {
    this.#socket = socket
    this.#wire = wire
    this.#offer = offer
    this.#noZeroes = noZeroes
    this.#secure = offer.tls === undefined
  }

  async run(): Promise<Agreement | undefined> {
    for (let left = this.#offer.limits.options; left > 0; left--) {
      const option = await this.#next()
      if (!option) return undefined
      const end = await this.#answer(option)
      if (end === 'close') return undefined
      if (end) return end
    }
    return undefined
  }

  async #next(): Promise<Option | undefined> {
    const bytes = await this.#wire.take(OPTION_HEAD_SIZE)
    const head = bytes && parseOptionHead(bytes)
    if (!head || head.length > this.#offer.limits.option) return undefined
    const data = head.length === 0 ? Buffer.alloc(0) : await this.#wire.take(head.length)
    return data && { number: head.number, data }
  }

  /** @returns nothing where the handshake goes on */
  async #answer({ number, data }: Option): Promise<Agreement | 'close' | undefined> {
    const reply = (type: number, more?: Uint8Array) =>
      this.#wire.send(optionReply(number, type, more))
    if (number === OPTION.startTls) return this.#startTls(data, reply)
    if (number === OPTION.abort) {
      await reply(REPLY.ack)
      return 'close'
    }
    if (!this.#secure) {
      if (number === OPTION.exportName) return 'close'
      await reply(REPLY.tlsRequired)
      return undefined
    }
    if (number === OPTION.exportName) return this.#exportName(data.toString())
    if (number === OPTION.list) await this.#list(data, reply)
    else if (number === OPTION.go || number === OPTION.info)
      return this.#describe(number === OPTION.go, data, reply)
    else if (number === OPTION.structuredReply) {
      if (data.length === 0) this.#structured = true
      await reply(data.length === 0 ? REPLY.ack : REPLY.invalid)
    } else if (number === OPTION.setMetaContext || number === OPTION.listMetaContext)
      await this.#contexts(number === OPTION.setMetaContext, data, reply)
    else await reply(REPLY.unsupported)
    return undefined
  }

  async #startTls(data: Buffer, reply: Reply): Promise<'close' | undefined> {
    const { tls, limits } = this.#offer
    if (!tls || this.#secure || data.length > 0) {
      await reply(tls ? REPLY.invalid : REPLY.policy)
      return undefined
    }
    // What somebody on the way slipped in before the key exchange must not be read as if it came after.
    if (this.#socket.readableLength > 0) return 'close'
    await reply(REPLY.ack)
    this.#wire.detach()
    this.#wire = new Wire(await secured(this.#socket, tls), limits.stall)
    this.#secure = true
    this.#structured = false
    this.#context = undefined
    return undefined
  }

  async #exportName(name: string): Promise<Agreement | 'close'> {
    const disk = findExport(this.#offer.exports, name)
    // This option knows no refusal.
    if (!disk) return 'close'
    const padding = Buffer.alloc(this.#noZeroes ? 0 : EXPORT_NAME_PADDING)
    await this.#wire.send(exportInfo(disk.size, this.#flags()), padding)
    return this.#agreed(disk)
  }

  async #list(data: Buffer, reply: Reply): Promise<void> {
    if (data.length > 0) return reply(REPLY.invalid)
    for (const { names, description } of this.#offer.exports)
      await reply(REPLY.server, serverEntry(names[0], description))
    await reply(REPLY.ack)
  }

  async #describe(go: boolean, data: Buffer, reply: Reply): Promise<Agreement | undefined> {
    const request = parseInfoRequest(data)
    const disk = request && findExport(this.#offer.exports, request.name)
    if (!request || !disk) {
      await (request ? reply(REPLY.unknown, UNKNOWN) : reply(REPLY.invalid))
      return undefined
    }
    const { limits } = this.#offer
    const tell = (type: number, bytes: Uint8Array) => reply(REPLY.info, info(type, bytes))
    await tell(INFO.export, exportInfo(disk.size, this.#flags()))
    const block = Math.min(disk.preferredBlock, limits.request)
    const sizes = Buffer.concat([u32(1), u32(block), u32(limits.request)])
    await tell(INFO.blockSize, sizes)
    if (request.wanted.includes(INFO.name)) await tell(INFO.name, string(disk.names[0]))
    if (request.wanted.includes(INFO.description))
      await tell(INFO.description, string(disk.description))
    await reply(REPLY.ack)
    return go ? this.#agreed(disk) : undefined
  }

  async #contexts(set: boolean, data: Buffer, reply: Reply): Promise<void> {
    const request = parseContextRequest(data)
    if (!request || !this.#structured) return reply(REPLY.invalid)
    const disk = findExport(this.#offer.exports, request.name)
    if (!disk) return reply(REPLY.unknown, UNKNOWN)
    const { queries } = request
    const all = !set && (queries.length === 0 || queries.includes('base:'))
    const matches = all || queries.includes(CONTEXT)
    if (set) this.#context = matches ? disk : undefined
    if (matches) await reply(REPLY.metaContext, contextEntry())
    await reply(REPLY.ack)
  }

  #flags(): number {
    const { hasFlags, readOnly, canMultiConn, sendDf } = TRANSMISSION
    return hasFlags | readOnly | canMultiConn | (this.#structured ? sendDf : 0)
  }

  #agreed(disk: NbdExport): Agreement {
    const allocation = this.#context === disk
    return { wire: this.#wire, disk, structured: this.#structured, allocation }
  }
}

type Reply = (type: number, data?: Uint8Array) => Promise<void>

const UNKNOWN = Buffer.from('There is no export of this name; LIST tells those there are.')

/** A server of its own for each connection: it also checks the client's certificate. */
const secured = async (socket: Socket, tls: TlsOptions): Promise<TLSSocket> => {
  const server = createServer({ minVersion: 'TLSv1.2', ...tls })
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  server.once('secureConnection', resolve).once('tlsClientError', reject)
  socket.once('close', () => reject(new Error('The client gave up the TLS handshake.')))
  server.emit('connection', socket)
  const stream = await promise
  stream.on('error', () => {})
  return stream
}
