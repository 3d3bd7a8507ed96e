/** A stretch of a disk, in bytes; `zero`: known to be zero. */
interface Stretch {
  offset: number
  length: number
  zero: boolean
}

/** A disk that is offered, read-only. Called for stretches within its size only. */
export interface NbdExport {
  /** What clients may call it; the first is what is listed. */
  names: readonly [string, ...string[]]
  /** One line for people. */
  description: string
  /** bytes */
  size: number
  /** bytes: reads of this size, and at multiples of it, take least; a power of two */
  preferredBlock: number
  /** @throws anything: the client gets an I/O error for just this read */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Ascending, without gaps, at least one. @throws anything: the client is told that all of it is data */
  extents(offset: number, length: number): Promise<readonly Stretch[]>
}

/** The empty name means the only export there is. */
export const findExport = (exports: readonly NbdExport[], name: string): NbdExport | undefined => {
  if (name === '' && exports.length === 1) return exports[0]
  return exports.find(({ names }) => names.includes(name))
}
