// Numbers of the NBD protocol (NetworkBlockDevice/nbd, doc/proto.md).

export const NBDMAGIC = Buffer.from('NBDMAGIC')
export const IHAVEOPT = Buffer.from('IHAVEOPT')
export const OPTION_REPLY_MAGIC = 0x3e889045565a9n
export const REQUEST_MAGIC = 0x25609513
export const SIMPLE_REPLY_MAGIC = 0x67446698

/** Handshake flag, server and client. xapi-nbd offers nothing else: no NO_ZEROES. */
export const FIXED_NEWSTYLE = 1

export const OPTION = { exportName: 1, abort: 2, list: 3, startTls: 5 } as const

const error = (number: number) => 0x80000000 + number
export const REPLY = {
  ack: 1,
  unsupported: error(1),
  policy: error(2),
  invalid: error(3),
  tlsRequired: error(5),
} as const

/** HAS_FLAGS | READ_ONLY */
export const TRANSMISSION_FLAGS = 0x0003

export const COMMAND = { read: 0, write: 1, disconnect: 2 } as const
export const ERRNO = { permission: 1, invalid: 22 } as const

/** Zeros after the answer to EXPORT_NAME when NO_ZEROES was not agreed on. */
export const EXPORT_NAME_PADDING = 124

/** Data is sent in pieces of this size after the reply header (xapi-nbd). */
export const READ_PIECE = 512 * 1024
