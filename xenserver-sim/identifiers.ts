import { createHash, randomUUID } from 'node:crypto'

export const NULL_REF = 'OpaqueRef:NULL'

export const refOf = (uuid: string): string => `OpaqueRef:${uuid}`

/** Random UUIDs, or with a seed always the same sequence of them, so that a scripted run can be repeated. */
export const uuidSource = (seed?: number): (() => string) => {
  if (seed === undefined) return () => randomUUID()
  let count = 0
  return () => {
    const digest = createHash('sha256').update(`${seed}/${count++}`).digest()
    // Version 4, variant 1 (RFC 9562 section 5.4), though not random: they must look like XAPI's.
    digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x40
    digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
    return digest
      .toString('hex')
      .slice(0, 32)
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
}
