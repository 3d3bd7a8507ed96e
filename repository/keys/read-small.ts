import type { ObjectStore } from '#core/ports.ts'
import { ensure } from '../format/bytes.ts'

/** Bootstraps, slots and decisions on slots are read before anything is proven: one of a stranger must not take all memory. */
const MAX_SIZE = 64 * 1024 // bytes

/** @throws FormatError, `OBJECT_NOT_FOUND` */
export const readSmall = async (store: ObjectStore, key: string): Promise<Uint8Array> => {
  const bytes = await store.get(key, { offset: 0, length: MAX_SIZE + 1 })
  ensure(bytes.length <= MAX_SIZE, 'it is larger than 64 KiB')
  return bytes
}
