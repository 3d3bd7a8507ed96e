/**
 * Headers of the seventh edition's tar, as XAPI writes them and old importers compare them: no magic, type flag NUL, octal
 * numbers that end in NUL. Libraries write ustar.
 */
export const TAR_BLOCK = 512
const CHECKSUM = { at: 148, length: 8 }

export const END_OF_TAR = Buffer.alloc(2 * TAR_BLOCK)

const octal = (value: number, digits: number): string =>
  `${value.toString(8).padStart(digits, '0')}\0`

/**
 * @param size bytes, less than 8 GiB
 * @param mtime seconds since 1970
 */
export const tarHeader = (name: string, size: number, mtime = 0): Buffer => {
  const bytes = Buffer.alloc(TAR_BLOCK)
  bytes.write(name, 0, 100, 'latin1')
  bytes.write(octal(0o400, 7), 100, 'latin1')
  bytes.write(octal(0, 7), 108, 'latin1')
  bytes.write(octal(0, 7), 116, 'latin1')
  bytes.write(octal(size, 11), 124, 'latin1')
  bytes.write(octal(mtime, 11), 136, 'latin1')
  // The sum of all bytes, with spaces where it stands itself.
  const sum = bytes.reduce((total, byte) => total + byte, CHECKSUM.length * 0x20)
  bytes.write(octal(sum, 7), CHECKSUM.at, 'latin1')
  return bytes
}

/** What fills up the last block of an entry. */
export const tarPadding = (size: number): Buffer =>
  Buffer.alloc((TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK)

/** Takes v7, ustar and GNU headers. @returns undefined where the block is none */
export const parseTarHeader = (bytes: Buffer): { name: string; size: number } | undefined => {
  const text = (at: number, length: number) =>
    bytes.toString('latin1', at, at + length).split('\0', 1)[0] ?? ''
  const stated = Number.parseInt(text(CHECKSUM.at, CHECKSUM.length), 8)
  let sum = CHECKSUM.length * 0x20
  for (const [at, byte] of bytes.entries())
    if (at < CHECKSUM.at || at >= CHECKSUM.at + CHECKSUM.length) sum += byte
  const size = Number.parseInt(text(124, 12), 8)
  return sum === stated && size >= 0 ? { name: text(0, 100), size } : undefined
}
