// Own code for the header because tar-stream writes only ustar ("ustar" magic, type flag "0"), while XAPI writes, and old
// importers compare, plain v7; and because an importer has to stop in mid-archive without draining the rest.

export const TAR_BLOCK = 512
export const endOfTar = Buffer.alloc(2 * TAR_BLOCK)

const CHECKSUM = { offset: 148, length: 8 }

export interface TarEntry {
  name: string
  /** Bytes. */
  size: number
}

/** A v7 header: no magic, type flag NUL, octal numbers ending in NUL. @param mtime seconds since 1970 */
export function encodeTarHeader({ name, size }: TarEntry, mtime = 0): Buffer {
  const bytes = Buffer.alloc(TAR_BLOCK)
  bytes.write(name, 0, 100)
  bytes.write(octal(0o400, 7), 100)
  bytes.write(octal(0, 7), 108)
  bytes.write(octal(0, 7), 116)
  bytes.write(octal(size, 11), 124)
  bytes.write(octal(mtime, 11), 136)
  bytes.write(octal(sumOf(bytes), 7), CHECKSUM.offset)
  return bytes
}

/** Accepts v7, ustar and GNU headers; undefined when the block is none. */
export function decodeTarHeader(bytes: Buffer): TarEntry | undefined {
  const sum = Number.parseInt(text(bytes, CHECKSUM.offset, CHECKSUM.length), 8)
  if (sum !== sumOf(bytes)) return undefined
  return { name: text(bytes, 0, 100), size: Number.parseInt(text(bytes, 124, 12), 8) }
}

/** Zeros that fill an entry's last block. */
export const padding = (size: number): Buffer =>
  Buffer.alloc((TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK)

const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`

const text = (bytes: Buffer, offset: number, length: number) => {
  const field = bytes.toString('latin1', offset, offset + length)
  return (field.split('\0')[0] as string).trim()
}

/** The sum of all bytes, the checksum field counted as spaces. */
function sumOf(bytes: Buffer): number {
  let sum = CHECKSUM.length * 0x20
  for (let i = 0; i < TAR_BLOCK; i++) {
    const inField = i >= CHECKSUM.offset && i < CHECKSUM.offset + CHECKSUM.length
    if (!inField) sum += bytes[i] as number
  }
  return sum
}
