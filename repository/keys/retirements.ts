import { ObjectDamagedError, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Keys } from '../crypto/keys.ts'
import { FormatError, hex } from '../format/bytes.ts'
import { parseJson } from '../format/commit.ts'
import { PREFIX, parseRetirementName, parseSlotName } from '../format/names.ts'
import { decodeRetirement, type Retirement, retirementMacInput } from '../format/retirement.ts'
import { readSmall } from './read-small.ts'

/** What the MAC of a retirement needs. */
export type MacKeys = Pick<Keys, 'repositoryId' | 'bootstrapMac'>

/** What lies below `keys/`, from the listing alone. */
export interface KeyNames {
  /** ascending by number */
  slots: { name: string; key: string; n: number; kind: string; modified: number }[]
  /** keys of the records of retired slots, ascending by number */
  retirements: { key: string; n: number }[]
}

export const listKeys = async (store: ObjectStore): Promise<KeyNames> => {
  const names: KeyNames = { slots: [], retirements: [] }
  for await (const { key, modified } of store.list(PREFIX.keys)) {
    const slot = parseSlotName(key)
    if (slot)
      names.slots.push({
        name: key.slice(PREFIX.keys.length),
        key,
        n: slot.n,
        kind: slot.slot,
        modified,
      })
    const n = parseRetirementName(key)
    if (n !== undefined) names.retirements.push({ key, n })
  }
  return names
}

/**
 * @param keys without them the MAC is not looked at: for hints only
 * @throws FormatError, `OBJECT_NOT_AUTHENTIC`
 */
export const openRetirement = (
  bytes: Uint8Array,
  { key, n }: { key: string; n: number },
  keys: MacKeys | undefined,
): Retirement => {
  const retirement = decodeRetirement(parseJson(bytes))
  const proven =
    !keys ||
    (retirement.mac === keys.bootstrapMac(retirementMacInput(retirement)) &&
      retirement.repositoryId === hex(keys.repositoryId))
  if (!proven || retirement.number !== n)
    throw new ObjectNotAuthenticError(key, 'it was changed, or made by somebody without the key')
  return retirement
}

/** @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC` */
const readRetirement = async (
  store: ObjectStore,
  place: { key: string; n: number },
  keys: MacKeys | undefined,
): Promise<Retirement> => {
  try {
    return openRetirement(await readSmall(store, place.key), place, keys)
  } catch (error) {
    throw error instanceof FormatError ? new ObjectDamagedError(place.key, error.message) : error
  }
}

/**
 * Every decision to retire a slot, proven.
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`: what it said is not known, so no further slot may be retired
 */
export const readRetirements = async (
  store: ObjectStore,
  { retirements }: KeyNames,
  keys: MacKeys,
): Promise<Retirement[]> => {
  const read: Retirement[] = []
  for (const each of retirements) read.push(await readRetirement(store, each, keys))
  return read
}

/**
 * Those decisions that can be read; slots of the others count as living.
 * @param keys without them nothing is proven: good enough for the order of trying, and for a list
 */
export const readableRetirements = async (
  store: ObjectStore,
  { retirements }: KeyNames,
  keys?: MacKeys,
): Promise<Retirement[]> => {
  const read: Retirement[] = []
  for (const each of retirements)
    try {
      read.push(await readRetirement(store, each, keys))
    } catch (error) {
      if (!(error instanceof ObjectDamagedError || error instanceof ObjectNotAuthenticError))
        throw error
    }
  return read
}

/** @returns names of retired slots */
export const retiredSlots = async (
  store: ObjectStore,
  names: KeyNames,
  keys?: MacKeys,
): Promise<Set<string>> =>
  new Set((await readableRetirements(store, names, keys)).map(({ slot }) => slot))

/** @returns keys of the slots that somebody may still need: those that no proven decision has retired */
export const livingSlots = async (store: ObjectStore, keys: MacKeys): Promise<string[]> => {
  const names = await listKeys(store)
  const retired = await retiredSlots(store, names, keys)
  return names.slots.filter(({ name }) => !retired.has(name)).map(({ key }) => key)
}
