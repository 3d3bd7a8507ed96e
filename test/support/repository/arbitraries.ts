import fc from 'fast-check'
import { ulidFromBytes } from '#repository/format/ulid.ts'

/** Generators for the fields of the format. */
export const bytesOf = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map(bytes => Buffer.from(bytes))
export const u16 = fc.integer({ min: 0, max: 2 ** 16 - 1 })
export const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
export const packKind = fc.constantFrom('data' as const, 'meta' as const)
export const compression = fc.constantFrom(0, 1)
export const ulid = bytesOf(16).map(ulidFromBytes)
export const session = fc.record({ id: bytesOf(16), salt: bytesOf(32), epoch: u32, kind: packKind })
