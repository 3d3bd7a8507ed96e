/** One's complement of the sum of all bytes, the checksum's own four counted as zero. */
export function checksum(bytes: Buffer, checksumOffset: number): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i++) {
    if (i < checksumOffset || i >= checksumOffset + 4) sum += bytes[i] as number
  }
  return ~sum >>> 0
}
