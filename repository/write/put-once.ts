import { ObjectExistsError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import { equal } from '../format/bytes.ts'

/**
 * Creates an object under a name that only we can have chosen. "Exists" is then the echo of a reply that was lost: what is
 * there is compared, and equal bytes are success.
 * @throws `OBJECT_EXISTS` when the bytes differ; the signal's reason
 */
export const putOnce = async (
  store: ObjectStore,
  key: string,
  parts: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<void> => {
  try {
    await store.put(key, parts, signal)
  } catch (error) {
    if (!(error instanceof ObjectExistsError)) throw error
    if (!equal(await store.get(key), Buffer.concat(parts))) throw error
  }
}
