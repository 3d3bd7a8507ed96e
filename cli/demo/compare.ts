import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

export interface Comparison {
  /** bytes compared */
  bytes: number
  /** bytes from the start of the first difference; undefined where all is equal */
  firstDifference: number | undefined
  /** SHA-256 of what was received, hex */
  sha256: string
}

const CHUNK = 1024 * 1024

/**
 * Compares a stream with a file byte by byte, and keeps what was received as a sparse file.
 * @param kept where the stream is written to
 */
export const compareWithFile = async (
  received: AsyncIterable<Uint8Array>,
  expected: string,
  kept: string,
): Promise<Comparison> => {
  await using expectation = await open(expected)
  await using copy = await open(kept, 'w')
  const { size } = await expectation.stat()
  const hash = createHash('sha256')
  const want = Buffer.alloc(CHUNK)
  let at = 0
  let firstDifference: number | undefined
  for await (const bytes of received) {
    hash.update(bytes)
    for (let from = 0; from < bytes.length; from += CHUNK) {
      const part = bytes.subarray(from, from + CHUNK)
      const { bytesRead } = await expectation.read(want, 0, part.length, at)
      if (firstDifference === undefined && !want.subarray(0, bytesRead).equals(part))
        firstDifference = at + differenceIn(want.subarray(0, bytesRead), part)
      if (part.some(byte => byte !== 0)) await copy.write(part, 0, part.length, at)
      at += part.length
    }
  }
  await copy.truncate(at)
  if (at < size) firstDifference ??= at
  return { bytes: at, firstDifference, sha256: hash.digest('hex') }
}

const differenceIn = (a: Uint8Array, b: Uint8Array): number => {
  const at = b.findIndex((byte, i) => byte !== a[i])
  return at < 0 ? b.length : at
}
