import type { MaintenanceStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { clockName, PREFIX } from '../format/names.ts'
import { newUlid } from '../format/ulid.ts'
import { removeVersions } from './remove-versions.ts'

/**
 * The store's time, since ours may be wrong: told by the store, or seen on an object made for it.
 * @returns milliseconds since 1970
 */
export const storeNow = async (
  { clock, random }: Pick<Engine, 'clock' | 'random'>,
  store: MaintenanceStore,
): Promise<number> => {
  const { time } = await store.lockSupport()
  if (time !== undefined) return time
  for (;;) {
    const key = clockName(newUlid(clock, random))
    await store.put(key, [])
    const modified = (await store.stat(key))?.modified
    // Another collector may have cleared it away before we looked.
    if (modified === undefined) continue
    const leftovers = await Array.fromAsync(store.versions(PREFIX.clock))
    await removeVersions(store, leftovers, modified)
    return modified
  }
}
