/** The numbers and layouts of the NBD protocol (doc/proto.md of NetworkBlockDevice/nbd). All integers are big-endian. */

export const MAGIC = Buffer.from('NBDMAGIC')
export const OPTION_MAGIC = Buffer.from('IHAVEOPT')
export const OPTION_REPLY_MAGIC = 0x0003_e889_0455_65a9n
export const REQUEST_MAGIC = 0x2560_9513
export const SIMPLE_REPLY_MAGIC = 0x6744_6698
export const STRUCTURED_REPLY_MAGIC = 0x668e_33ef

/** Handshake flags, of server and client alike. */
export const HANDSHAKE = { fixedNewstyle: 1, noZeroes: 2 } as const

export const OPTION = {
  exportName: 1,
  abort: 2,
  list: 3,
  startTls: 5,
  info: 6,
  go: 7,
  structuredReply: 8,
  listMetaContext: 9,
  setMetaContext: 10,
} as const

const error = (number: number) => 0x8000_0000 + number
export const REPLY = {
  ack: 1,
  server: 2,
  info: 3,
  metaContext: 4,
  unsupported: error(1),
  policy: error(2),
  invalid: error(3),
  tlsRequired: error(5),
  unknown: error(6),
} as const

export const INFO = { export: 0, name: 1, description: 2, blockSize: 3 } as const

export const TRANSMISSION = {
  hasFlags: 1,
  readOnly: 1 << 1,
  sendDf: 1 << 7,
  canMultiConn: 1 << 8,
} as const

export const COMMAND = {
  read: 0,
  write: 1,
  disconnect: 2,
  trim: 4,
  writeZeroes: 6,
  blockStatus: 7,
} as const
export const FLAG = { dontFragment: 1 << 2, requireOne: 1 << 3 } as const

export const CHUNK = {
  none: 0,
  offsetData: 1,
  offsetHole: 2,
  blockStatus: 5,
  error: 0x8001,
  errorOffset: 0x8002,
} as const
/** On the last chunk of a reply. */
export const DONE = 1

/** Bits of a block's status in `base:allocation`. */
export const STATE = { hole: 1, zero: 2 } as const
export const CONTEXT = 'base:allocation'
export const CONTEXT_ID = 1

export const ERRNO = { permission: 1, io: 5, invalid: 22 } as const

/** The old way in ends with so many zeros, unless both sides said `noZeroes`. */
export const EXPORT_NAME_PADDING = 124
export const OPTION_HEAD_SIZE = 16
export const REQUEST_SIZE = 28
