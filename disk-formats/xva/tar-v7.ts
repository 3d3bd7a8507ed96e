/**
 * Headers of the seventh edition's tar, as XAPI writes them and old importers compare them: no magic, type flag NUL, octal
 * numbers that end in NUL. Libraries write ustar.
 */
const BLOCK = 512
const CHECKSUM = { at: 148, length: 8 }

export const END_OF_TAR = Buffer.alloc(2 * BLOCK)

const octal = (value: number, digits: number): string =>
  `${value.toString(8).padStart(digits, '0')}\0`

/**
 * @param size bytes, less than 8 GiB
 * @param mtime seconds since 1970
 */
export const tarHeader = (name: string, size: number, mtime = 0): Buffer => {
  const bytes = Buffer.alloc(BLOCK)
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
export const tarPadding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
