import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { isClosedSize } from '../format/closed-name.ts'
import { decodeIntent } from '../format/collector.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseIntentName, parsePointName } from '../format/names.ts'
import { inParallel } from '../read/in-parallel.ts'
import { decodePoint } from '../read/points.ts'

/**
 * Every pack that something names: first all intents, then all commit records. In every version, since a commit record that somebody
 * hid below a delete marker is no deleted point: those have no version left.
 * @param name called once for each pack and whoever needs it
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`: as long as something cannot be read, nobody knows what it needs
 */
export const readLive = async (
  engine: Engine,
  store: MaintenanceStore,
  name: (pack: string, needer: string) => void,
): Promise<void> => {
  const read = async (
    prefix: string,
    packsOf: (found: ObjectVersion, bytes: Uint8Array) => Promise<Iterable<string>>,
  ) => {
    const found: ObjectVersion[] = []
    for await (const version of store.versions(prefix))
      if (!version.deleteMarker) found.push(version)
    await inParallel(engine.tuning.requests, found, async version => {
      const bytes = await bytesOf(store, version)
      if (!bytes) return
      for (const pack of await packsOf(version, bytes)) name(pack, version.key)
    })
  }
  await read(PREFIX.intents, async ({ key }, bytes) =>
    parseIntentName(key) ? (await readIntent(engine, key, bytes)).packs : [],
  )
  await read(PREFIX.points, async ({ key, size }, bytes) =>
    parsePointName(key) && !isClosedSize(size)
      ? (await decodePoint(engine, key, bytes)).packs.keys()
      : [],
  )
}

/** @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC` */
export const readIntent = ({ keys }: Pick<Engine, 'keys'>, key: string, bytes: Uint8Array) =>
  openObject(keys, { key, type: TYPE.intent }, bytes, decodeIntent)

/** @returns `undefined` where it was removed since the listing: by another collector, or with its point */
export const bytesOf = async (
  store: MaintenanceStore,
  { key, version }: ObjectVersion,
): Promise<Uint8Array | undefined> => {
  try {
    return await store.getVersion(key, version)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined
    throw error
  }
}
