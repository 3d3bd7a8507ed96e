import type { Random } from '#core/ports.ts'

/** A disk image: some chunks random, some text-like, some zero. */
export const randomImage = (random: Random, size: number, chunkSize: number): Buffer => {
  const image = Buffer.alloc(size)
  for (let at = 0; at < size; at += chunkSize) {
    const part = image.subarray(at, at + chunkSize)
    const kind = (random.bytes(1)[0] as number) % 4
    if (kind === 0) continue
    if (kind === 1) part.fill(`line ${random.bytes(4).join(' ')}\n`)
    else part.set(random.bytes(part.length))
  }
  return image
}
