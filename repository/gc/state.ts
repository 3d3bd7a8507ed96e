import { RepositoryReadOnlyError } from '#core/errors/repository.ts'
import { ObjectExistsError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import { openObject, sealObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { canonicalJson } from '../format/canonical-json.ts'
import { decodePlan, decodeVerdict, type Plan, type Verdict } from '../format/collector.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseStageName, type Stage, stageName } from '../format/names.ts'

/** How far one epoch of the collector has come. */
export interface Epoch {
  epoch: number
  /** the steps that were taken, with the store's time stamp of each (milliseconds since 1970) */
  stages: ReadonlyMap<Stage, number>
}

/**
 * One listing of `gc/`: what was there before it began is in it.
 * @returns all epochs, ascending
 * @throws `REPOSITORY_READ_ONLY` where a collector of a newer version left something that we do not understand
 */
export const readEpochs = async (
  store: Pick<ObjectStore, 'list' | 'address'>,
): Promise<Epoch[]> => {
  const epochs = new Map<number, Map<Stage, number>>()
  for await (const { key, modified } of store.list(PREFIX.gc)) {
    if (key.startsWith(PREFIX.clock)) continue
    const name = parseStageName(key)
    if (!name)
      throw new RepositoryReadOnlyError(
        store.address,
        `a garbage collector of a newer version has been at work (${key})`,
      )
    const stages = epochs.get(name.epoch) ?? new Map<Stage, number>()
    epochs.set(name.epoch, stages.set(name.stage, modified))
  }
  return [...epochs].map(([epoch, stages]) => ({ epoch, stages })).sort((a, b) => a.epoch - b.epoch)
}

/**
 * Takes a step of an epoch. Whoever is first decides for all.
 * @returns `false` when somebody else was
 */
export const putStage = async (
  { keys, random, epoch: keyEpoch }: Pick<Engine, 'keys' | 'random' | 'epoch'>,
  store: ObjectStore,
  stage: Stage,
  contents: { version: 1; epoch: number },
): Promise<boolean> => {
  const key = stageName(stage, contents.epoch)
  const json = Buffer.from(canonicalJson(contents))
  const object = await sealObject(
    keys,
    random,
    { key, type: TYPE.collector, epoch: keyEpoch },
    json,
  )
  try {
    await store.put(key, [object])
    return true
  } catch (error) {
    if (error instanceof ObjectExistsError) return false
    throw error
  }
}

type Reading = Pick<Engine, 'keys' | 'store'>

/** @throws `OBJECT_NOT_FOUND`, `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC` */
export const readPlan = (engine: Reading, epoch: number): Promise<Plan> =>
  read(engine, stageName('plan', epoch), decodePlan)

/** Throws as `readPlan`. */
export const readVerdict = (engine: Reading, epoch: number): Promise<Verdict> =>
  read(engine, stageName('verdict', epoch), decodeVerdict)

const read = async <T>(
  { keys, store }: Reading,
  key: string,
  decode: (plaintext: Uint8Array) => T,
): Promise<T> => openObject(keys, { key, type: TYPE.collector }, await store.get(key), decode)
