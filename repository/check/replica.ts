import { isDamage, NotARepositoryError } from '#core/errors/repository.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { bootstrapMacInput } from '../format/bootstrap.ts'
import { hex } from '../format/bytes.ts'
import { PREFIX, parsePointName, parseSlotName, pointName } from '../format/names.ts'
import { Moves } from '../gc/moves.ts'
import { IndexTable } from '../index/table.ts'
import { readBootstrap } from '../keys/bootstrap.ts'
import { KnownDamage } from '../lost/known-damage.ts'
import type { PointRef } from '../point.ts'
import { listPoints } from '../read/points.ts'
import { checkRepository } from './check.ts'
import type { CheckProgress, CheckReport } from './report.ts'

export interface ReplicaRequest {
  /** a copy of the repository's store, complete or not */
  replica: ObjectStore
  onProgress?: ((progress: CheckProgress) => void) | undefined
  signal?: AbortSignal | undefined
}

/** A point, and whether the replica alone can bring it back. */
export interface ReplicatedPoint {
  /** name of the commit record */
  key: string
  id: string
  /** the store's time stamp in the repository (in the replica, where only that has it), milliseconds since 1970 */
  modified: number
  /** `absent`: its commit record is not there; `incomplete`: something else that it needs is not there, or is damaged */
  state: 'restorable' | 'incomplete' | 'absent'
  /** names of objects that it lacks there */
  missing: string[]
  /** Not in the repository (any more). */
  onlyThere: boolean
}

export interface ReplicaReport {
  /** address of the replica */
  replica: string
  /** Why nothing can be opened there, one sentence; then no point is restorable. */
  shut: string | undefined
  /** key slots of the repository that are not there as they are here */
  missingSlots: string[]
  points: ReplicatedPoint[]
  restorable: number
  /**
   * How far it is behind: from the newest restorable point of a VM to its newest point, in ms, the largest of all VMs; `undefined` where a
   * VM has no restorable point there at all
   */
  lag: number | undefined
}

/**
 * Which points can be restored from a replica alone, by what is listed there: nothing is assumed of the order in which objects arrive.
 * Packs are not read; `check` on the replica itself does that.
 * @throws `STORE_*`
 */
export const checkReplica = async (
  engine: Engine,
  { replica, onProgress, signal }: ReplicaRequest,
): Promise<ReplicaReport> => {
  const there = {
    ...engine,
    store: replica,
    index: new IndexTable(),
    damage: new KnownDamage(),
    moves: new Moves(),
  }
  try {
    // Before anything is looked at, and the replica first: what arrives meanwhile was not looked at, and is no recovery point of this report.
    const listed = new Map<string, PointRef>()
    for await (const ref of listPoints(there)) listed.set(ref.key, ref)
    const here = await Array.fromAsync(listPoints(engine))
    const missingSlots = await slotsMissing(engine.store, replica)
    const shut = await whyShut(engine, replica, missingSlots)
    const request = { level: 0 as const, record: false, onProgress, signal }
    const lacking = lackingOf(there, await checkRepository(there, request))
    const known = new Set(here.map(({ key }) => key))
    const extra = [...listed.values()].filter(({ key }) => !known.has(key))
    const points = [...here, ...extra].map(({ key, id, modified }): ReplicatedPoint => {
      const missing = listed.has(key) ? [...(lacking.get(key) ?? [])].sort() : [key]
      const whole = missing.length === 0 && shut === undefined
      const state = !listed.has(key) ? 'absent' : whole ? 'restorable' : 'incomplete'
      return { key, id, modified, state, missing, onlyThere: !known.has(key) }
    })
    return {
      replica: replica.address,
      shut,
      missingSlots,
      points,
      restorable: points.filter(({ state }) => state === 'restorable').length,
      lag: lagOf(points),
    }
  } finally {
    there.index.close()
  }
}

/** Why the replica cannot be opened, whatever else is there. */
const whyShut = async (
  { store, keys }: Engine,
  replica: ObjectStore,
  missingSlots: readonly string[],
): Promise<string | undefined> => {
  const slots = await slotsOf(store)
  if (slots.size > 0 && missingSlots.length === slots.size)
    return 'None of the key slots of the repository is there.'
  try {
    const { bootstrap } = await readBootstrap(replica)
    if (bootstrap.repositoryId !== hex(keys.repositoryId))
      return `It is another repository (${bootstrap.repositoryId}).`
    if (keys.bootstrapMac(bootstrapMacInput(bootstrap)) !== bootstrap.mac)
      return 'Its bootstrap was changed after it was written.'
    return undefined
  } catch (error) {
    if (!(error instanceof NotARepositoryError) && !isDamage(error)) throw error
    return error.message
  }
}

/** Slots are compared by name and size: they open alike wherever they are. */
const slotsOf = async (store: ObjectStore): Promise<Map<string, number>> => {
  const slots = new Map<string, number>()
  for await (const { key, size } of store.list(PREFIX.keys))
    if (parseSlotName(key)) slots.set(key, size)
  return slots
}

const slotsMissing = async (store: ObjectStore, replica: ObjectStore): Promise<string[]> => {
  const there = await slotsOf(replica)
  return [...(await slotsOf(store))]
    .filter(([key, size]) => there.get(key) !== size)
    .map(([key]) => key)
}

/** @returns names of what a point lacks, by the name of its commit record */
const lackingOf = (
  { keys }: Engine,
  { findings, unreadable }: CheckReport,
): Map<string, Set<string>> => {
  const lacking = new Map<string, Set<string>>()
  const lacks = (key: string, object: string) =>
    lacking.set(key, (lacking.get(key) ?? new Set()).add(object))
  for (const { point, object } of unreadable) lacks(point, object)
  for (const { object, affected } of findings)
    for (const { vmUuid, pointId } of affected)
      lacks(pointName(keys.vmTag(vmUuid), pointId), object)
  return lacking
}

const lagOf = (points: readonly ReplicatedPoint[]): number | undefined => {
  const newest = new Map<string, { here: number; there: number | undefined }>()
  for (const { key, modified, state, onlyThere } of points) {
    if (onlyThere) continue
    const vmTag = parsePointName(key)?.vmTag ?? ''
    const vm = newest.get(vmTag) ?? { here: modified, there: undefined }
    const there = state === 'restorable' ? Math.max(vm.there ?? modified, modified) : vm.there
    newest.set(vmTag, { here: Math.max(vm.here, modified), there })
  }
  let lag = 0
  for (const { here, there } of newest.values()) {
    if (there === undefined) return undefined
    lag = Math.max(lag, here - there)
  }
  return lag
}
