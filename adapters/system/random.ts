import { randomBytes } from 'node:crypto'
import type { Random } from '#core/ports.ts'

/** The operating system's generator, fit for keys. */
export const systemRandom: Random = { bytes: size => randomBytes(size) }
