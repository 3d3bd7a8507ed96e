import { RepositoryReadOnlyError } from '#core/errors/repository.ts'
import { ObjectExistsError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import { openObject, sealObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { canonicalJson } from '../format/canonical-json.ts'
import {
  decodePlan,
  decodeVerdict,
  type Move,
  type Plan,
  type Verdict,
} from '../format/collector.ts'
import { TYPE } from '../format/kinds.ts'
import {
  type MoveStage,
  moveName,
  PREFIX,
  parseMoveName,
  parseStageName,
  type Stage,
  stageName,
} from '../format/names.ts'

/** How far one epoch of the collector has come. */
export interface Epoch {
  epoch: number
  /** the steps that were taken, with the store's time stamp of each (milliseconds since 1970) */
  stages: ReadonlyMap<Stage, number>
}

/** What collectors have written, by one listing of `gc/`: what was there before it began is in it. */
export interface CollectorState {
  /** ascending */
  epochs: Epoch[]
  /** numbers of the rewrites that were announced, with the store's time stamp (milliseconds since 1970) */
  announced: ReadonlyMap<number, number>
  /** numbers of the rewrites that are done, or given up */
  moved: ReadonlySet<number>
}

/**
 * @throws `REPOSITORY_READ_ONLY` where a collector of a newer version left something that we do not understand
 */
export const readState = async (
  store: Pick<ObjectStore, 'list' | 'address'>,
): Promise<CollectorState> => {
  const announced = new Map<number, number>()
  const moved = new Set<number>()
  const epochs = new Map<number, Map<Stage, number>>()
  for await (const { key, modified } of store.list(PREFIX.gc)) {
    if (key.startsWith(PREFIX.clock)) continue
    const move = parseMoveName(key)
    if (move?.stage === 'move') announced.set(move.n, modified)
    if (move?.stage === 'moved') moved.add(move.n)
    if (move) continue
    const name = parseStageName(key)
    if (!name)
      throw new RepositoryReadOnlyError(
        store.address,
        `a garbage collector of a newer version has been at work (${key})`,
      )
    const stages = epochs.get(name.epoch) ?? new Map<Stage, number>()
    epochs.set(name.epoch, stages.set(name.stage, modified))
  }
  const sorted = [...epochs]
    .map(([epoch, stages]) => ({ epoch, stages }))
    .sort((a, b) => a.epoch - b.epoch)
  return { epochs: sorted, announced, moved }
}

/**
 * Takes a step of an epoch. Whoever is first decides for all.
 * @returns `false` when somebody else was
 */
export const putStage = (
  engine: Pick<Engine, 'keys' | 'random' | 'epoch'>,
  store: ObjectStore,
  stage: Stage,
  contents: { version: 1; epoch: number },
): Promise<boolean> => putState(engine, store, stageName(stage, contents.epoch), contents)

/** As `putStage`: a step of a rewrite. */
export const putMove = (
  engine: Pick<Engine, 'keys' | 'random' | 'epoch'>,
  store: ObjectStore,
  stage: MoveStage,
  contents: Move,
): Promise<boolean> => putState(engine, store, moveName(stage, contents.move), contents)

const putState = async (
  { keys, random, epoch: keyEpoch }: Pick<Engine, 'keys' | 'random' | 'epoch'>,
  store: ObjectStore,
  key: string,
  contents: object,
): Promise<boolean> => {
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
