import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { isClosedSize } from '../format/closed-name.ts'
import { decodeIntent } from '../format/collector.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseIntentName, parsePointName } from '../format/names.ts'
import type { Point } from '../point.ts'
import { inParallel } from '../read/in-parallel.ts'
import { decodePoint } from '../read/points.ts'
import { readNeeds } from './needs.ts'

/** Something that needs packs. */
export interface Needer {
  /** name of the intent or commit record */
  key: string
  /** ulid of the intent: that of a commit record is the one which the same attempt wrote */
  intent: string | undefined
  /** of a commit record; with the packs as they stand there */
  point?: Point
}

/**
 * Every pack that something needs: first all intents, then all commit records. In every version, since a commit record that somebody
 * hid below a delete marker is no deleted point: those have no version left.
 * @param name called once for each pack and whoever needs it, after all rewrites; so are the packs of its point
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`: as long as something cannot be read, nobody knows what it needs
 */
export const readLive = async (
  engine: Engine,
  store: MaintenanceStore,
  name: (pack: string, needer: Needer) => void,
): Promise<void> => {
  const needs = await readNeeds(engine, store)
  await readNeeders(engine, store, ({ key, intent, point }, packs) => {
    const needer = { key, intent, ...(point && { point: engine.moves.resolvePoint(point) }) }
    for (const pack of new Set([...packs].flatMap(ulid => needs(ulid, intent)))) name(pack, needer)
  })
}

/** As `readLive`, with the packs as they are named, whatever became of them since. */
export const readNeeders = async (
  engine: Engine,
  store: MaintenanceStore,
  see: (needer: Needer, packs: Iterable<string>) => void | Promise<void>,
): Promise<void> => {
  const read = async (
    prefix: string,
    look: (found: ObjectVersion, bytes: Uint8Array) => Promise<void>,
  ) => {
    const found: ObjectVersion[] = []
    for await (const version of store.versions(prefix))
      if (!version.deleteMarker) found.push(version)
    await inParallel(engine.tuning.requests, found, async version => {
      const bytes = await bytesOf(store, version)
      if (bytes) await look(version, bytes)
    })
  }
  await read(PREFIX.intents, async ({ key }, bytes) => {
    const intent = parseIntentName(key)?.ulid
    if (intent) await see({ key, intent }, (await readIntent(engine, key, bytes)).packs)
  })
  await read(PREFIX.points, async ({ key, size }, bytes) => {
    if (!parsePointName(key) || isClosedSize(size)) return
    const point = await decodePoint(engine, key, bytes)
    await see({ key, intent: point.intent, point }, point.packs.keys())
  })
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
