import { isDamage } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'

/** The bytes of an object, as they are somewhere. */
export interface Copy {
  /** for people: `an older version`, the address of a replica */
  from: string
  bytes: Uint8Array
}

/** What the store itself has under the name, then its older versions from the newest to the oldest, then what the replica has. */
export async function* copiesOf(
  key: string,
  { store, replica }: { store: MaintenanceStore; replica: ObjectStore | undefined },
): AsyncGenerator<Copy> {
  const current = await bytesOrNone(() => store.get(key))
  if (current) yield { from: 'itself', bytes: current }
  for await (const found of store.versions(key)) {
    if (found.key !== key || found.deleteMarker || (found.latest && current)) continue
    const bytes = await bytesOrNone(() => store.getVersion(key, found.version))
    if (bytes) yield { from: 'an older version', bytes }
  }
  const theirs = replica && (await bytesOrNone(() => replica.get(key)))
  if (replica && theirs) yield { from: replica.address, bytes: theirs }
}

const bytesOrNone = async (read: () => Promise<Uint8Array>): Promise<Uint8Array | undefined> => {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ObjectNotFoundError || isDamage(error)) return undefined
    throw error
  }
}
