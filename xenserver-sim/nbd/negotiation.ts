import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import {
  FIXED_NEWSTYLE,
  IHAVEOPT,
  NBDMAGIC,
  OPTION,
  OPTION_REPLY_MAGIC,
  REPLY,
} from './protocol.ts'
import { readExactly } from './read-exactly.ts'
import { send } from './send.ts'

export interface TlsIdentity {
  key: string
  cert: string
}

/** What the client settled on: the stream to go on with (TLS or clear) and the name of the export. */
export interface Agreement {
  stream: Socket
  exportName: string
}

/** Options carry at most an export name; more than this is no client of ours. */
const LONGEST_OPTION = 64 * 1024

/**
 * Fixed-newstyle handshake as xapi-nbd speaks it: EXPORT_NAME is the only way in; GO, INFO, STRUCTURED_REPLY and
 * META_CONTEXT are unknown. With `tls` nothing but STARTTLS is answered before the TLS 1.2 handshake; without it TLS
 * is refused. Undefined means: close without a word.
 */
export async function negotiate(
  socket: Socket,
  tls: TlsIdentity | undefined,
): Promise<Agreement | undefined> {
  const greeting = Buffer.alloc(18)
  NBDMAGIC.copy(greeting, 0)
  IHAVEOPT.copy(greeting, 8)
  greeting.writeUInt16BE(FIXED_NEWSTYLE, 16)
  await send(socket, greeting)
  const flags = await readExactly(socket, 4)
  if (!flags || (flags.readUInt32BE() & FIXED_NEWSTYLE) === 0) return undefined

  let stream = socket
  let secure = false
  for (;;) {
    const option = await readOption(stream)
    if (!option) return undefined
    const { number, data } = option
    const answer = (type: number) => reply(stream, number, type)
    const clearTextRefused = tls !== undefined && !secure

    if (number === OPTION.startTls) {
      if (!tls) await answer(REPLY.policy)
      else if (secure || data.length > 0) await answer(REPLY.invalid)
      else {
        await answer(REPLY.ack)
        stream = await startTls(socket, tls)
        secure = true
      }
    } else if (number === OPTION.exportName) {
      return clearTextRefused ? undefined : { stream, exportName: data.toString() }
    } else if (number === OPTION.abort) {
      if (!clearTextRefused) await answer(REPLY.ack)
      return undefined
    } else if (clearTextRefused) await answer(REPLY.tlsRequired)
    else if (number === OPTION.list) await answer(REPLY.policy)
    else await answer(REPLY.unsupported)
  }
}

async function readOption(stream: Duplex): Promise<{ number: number; data: Buffer } | undefined> {
  const head = await readExactly(stream, 16)
  if (!head?.subarray(0, 8).equals(IHAVEOPT)) return undefined
  const length = head.readUInt32BE(12)
  const data = length > LONGEST_OPTION ? undefined : await readExactly(stream, length)
  return data && { number: head.readUInt32BE(8), data }
}

function reply(stream: Duplex, option: number, type: number): Promise<void> {
  const bytes = Buffer.alloc(20)
  bytes.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0)
  bytes.writeUInt32BE(option, 8)
  bytes.writeUInt32BE(type, 12)
  return send(stream, bytes)
}

/** xapi's TLS terminator speaks 1.2 here; a client that insists on 1.3 fails. */
async function startTls(socket: Socket, { key, cert }: TlsIdentity): Promise<Socket> {
  const context = { key, cert, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
  const secured = new TLSSocket(socket, { isServer: true, ...context })
  await new Promise<void>((resolve, reject) => {
    secured.once('secure', resolve)
    secured.once('error', reject)
    secured.once('close', () => reject(new Error('The client gave up the TLS handshake.')))
  })
  return secured
}
