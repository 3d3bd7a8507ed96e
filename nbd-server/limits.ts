const MiB = 1024 * 1024

/** What a client may ask for. With all connections at their limits the server holds 16 × 32 MiB, whatever they do. */
export const LIMITS = {
  /** bytes of one read: what the protocol lets every client ask for without a question */
  request: 32 * MiB,
  /** bytes of one piece of a structured reply: a read in several pieces never lies in memory as a whole */
  piece: 4 * MiB,
  /** bytes of replies of one connection in memory */
  bytes: 32 * MiB,
  /** extents of one answer to a question for the status: 64 KiB of reply; the client asks again for the rest */
  extents: 8_192,
  /** requests of one connection at work; further ones wait in its socket */
  requests: 16,
  /** connections at once; nbdcopy opens 4 */
  connections: 16,
  /** bytes of an option: names have at most 4,096, a list of contexts may hold some of them */
  option: 64 * 1024,
  /** options in one handshake */
  options: 64,
  /** ms until the handshake must be over */
  handshake: 30_000,
  /** ms in which a client must take something of a reply that waits for it */
  stall: 120_000,
}

export type Limits = typeof LIMITS
