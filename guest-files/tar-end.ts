import { pack } from 'tar-stream'

const BLOCK = 512 // bytes; POSIX.1-2024, pax, "ustar Interchange Format"

/** Passes a tar on without its end, so that more can be put into it. The members stay as they are, byte by byte. */
export const withoutEnd = async function* (
  data: AsyncIterable<Buffer>,
): AsyncGenerator<Uint8Array> {
  let header = Buffer.alloc(0)
  let content = 0
  let ended = false
  for await (const piece of data) {
    for (let at = 0; at < piece.length && !ended; ) {
      if (content > 0) {
        const next = piece.subarray(at, at + content)
        yield next
        content -= next.length
        at += next.length
        continue
      }
      const next = piece.subarray(at, at + BLOCK - header.length)
      header = Buffer.concat([header, next])
      at += next.length
      if (header.length < BLOCK) continue
      ended = header.every(byte => byte === 0)
      if (ended) break
      content = Math.ceil(sizeOf(header) / BLOCK) * BLOCK
      yield header
      header = Buffer.alloc(0)
    }
  }
}

/** Octal; what is 8 GiB or larger no download has. */
const sizeOf = (header: Buffer): number => {
  const digits = header.toString('latin1', 124, 136)
  return Number.parseInt(digits.replaceAll(/[\0 ]/g, '') || '0', 8)
}

/** @returns one more member of a tar, and its end; without a member the end alone */
export const tarEnd = async (member?: { name: string; text: string }): Promise<Buffer> => {
  const archive = pack()
  if (member) archive.entry({ name: member.name, mtime: new Date(0) }, member.text)
  archive.finalize()
  const pieces: Buffer[] = []
  for await (const piece of archive) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
