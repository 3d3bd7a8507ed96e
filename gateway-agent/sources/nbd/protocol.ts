/** NBD, fixed newstyle, as xapi-nbd speaks it (NBD protocol document; reference 7.2). All integers are big-endian. */

export const GREETING_SIZE = 18
const MAGIC = Buffer.from('NBDMAGIC')
const OPTION_MAGIC = Buffer.from('IHAVEOPT')
const FIXED_NEWSTYLE = 1
const OPTION_REPLY_MAGIC = 0x0003_e889_0455_65a9n
const REQUEST_MAGIC = 0x2560_9513
const REPLY_MAGIC = 0x6744_6698

export const OPT_EXPORT_NAME = 1
export const OPT_STARTTLS = 5
export const REP_ACK = 1
const CMD_READ = 0
const CMD_DISC = 2

export const OPTION_REPLY_SIZE = 20
/** Size and flags, then 124 zero bytes: the server does not offer NO_ZEROES. */
export const EXPORT_REPLY_SIZE = 134
export const REPLY_SIZE = 16

/** What the other side sent is not the protocol. */
export class NbdProtocolError extends Error {}

/** @throws {NbdProtocolError} */
export const assertGreeting = (bytes: Buffer): void => {
  if (!bytes.subarray(0, 8).equals(MAGIC) || !bytes.subarray(8, 16).equals(OPTION_MAGIC))
    throw new NbdProtocolError('it does not greet as an NBD server')
  if ((bytes.readUInt16BE(16) & FIXED_NEWSTYLE) === 0)
    throw new NbdProtocolError('it does not speak the fixed newstyle handshake')
}

export const clientFlags = (): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(FIXED_NEWSTYLE)
  return bytes
}

export const option = (code: number, data: Uint8Array = new Uint8Array()): Buffer => {
  const head = Buffer.alloc(16)
  OPTION_MAGIC.copy(head)
  head.writeUInt32BE(code, 8)
  head.writeUInt32BE(data.length, 12)
  return Buffer.concat([head, data])
}

/** @throws {NbdProtocolError} */
export const parseOptionReply = (bytes: Buffer): { type: number; length: number } => {
  if (bytes.readBigUInt64BE(0) !== OPTION_REPLY_MAGIC)
    throw new NbdProtocolError('its answer to an option is not one')
  return { type: bytes.readUInt32BE(12), length: bytes.readUInt32BE(16) }
}

/** Bytes of the export. */
export const exportSize = (bytes: Buffer): number => Number(bytes.readBigUInt64BE(0))

const request = (command: number, handle: bigint, offset: number, length: number): Buffer => {
  const bytes = Buffer.alloc(28)
  bytes.writeUInt32BE(REQUEST_MAGIC, 0)
  bytes.writeUInt16BE(command, 6)
  bytes.writeBigUInt64BE(handle, 8)
  bytes.writeBigUInt64BE(BigInt(offset), 16)
  bytes.writeUInt32BE(length, 24)
  return bytes
}

export const readRequest = (handle: bigint, offset: number, length: number): Buffer =>
  request(CMD_READ, handle, offset, length)

export const disconnectRequest = (): Buffer => request(CMD_DISC, 0n, 0, 0)

/** @returns the handle of the request that is answered; @throws {NbdProtocolError} also for an error reply */
export const parseReply = (bytes: Buffer): bigint => {
  if (bytes.readUInt32BE(0) !== REPLY_MAGIC)
    throw new NbdProtocolError('its answer to a read is not one')
  const error = bytes.readUInt32BE(4)
  if (error !== 0) throw new NbdProtocolError(`it answered a read with the error number ${error}`)
  return bytes.readBigUInt64BE(8)
}
