import { isDamage, ObjectDamagedError, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { Keys } from '../crypto/keys.ts'
import { openObject } from '../crypto/sealed-object.ts'
import { decodeSlot, isSlotKind } from '../crypto/slot.ts'
import type { Engine } from '../engine.ts'
import { bootstrapMacInput, decodeBootstrap } from '../format/bootstrap.ts'
import { FormatError } from '../format/bytes.ts'
import { parseJson } from '../format/commit.ts'
import { decodeSegment } from '../format/index-segment.ts'
import { TYPE } from '../format/kinds.ts'
import {
  PREFIX,
  parseBootstrapName,
  parseIntentName,
  parseMoveName,
  parseProofName,
  parseSegmentName,
  parseStageName,
} from '../format/names.ts'
import { decodeProof } from '../format/proof.ts'
import { listKeys, openRetirement } from '../keys/retirements.ts'
import type { Findings } from './findings.ts'

/** Sealed objects beside commit records, and how to read them. Not checkpoints: nothing rests on one. */
const SEALED: [prefix: string, type: number, decode: (plaintext: Uint8Array) => unknown][] = [
  [PREFIX.index, TYPE.segment, decodeSegment],
  [PREFIX.intents, TYPE.intent, parseJson],
  [PREFIX.gc, TYPE.collector, parseJson],
  [PREFIX.proofs, TYPE.proof, decodeProof],
]

/** Everything else is there, or is not, without harm: collectors, jobs, and who retires slots, remove some of it at any time. */
const MUST_STAY = [PREFIX.repo]

/**
 * Bootstraps, slots, index segments, intents, the collector's state and proofs: no point is lost with one, but a way in, a fast start
 * or the next backup may be.
 */
export const checkSmallObjects = async (engine: Engine, findings: Findings): Promise<void> => {
  const { store, keys } = engine
  const inspect = async (key: string, look: (bytes: Uint8Array) => unknown) => {
    try {
      await look(await store.get(key))
    } catch (error) {
      const damage =
        error instanceof FormatError ? new ObjectDamagedError(key, error.message) : error
      const mayGo = !MUST_STAY.some(prefix => key.startsWith(prefix))
      if (error instanceof ObjectNotFoundError && mayGo) return
      if (!isDamage(damage)) throw error
      findings.add(damage)
    }
  }
  for await (const { key } of store.list(PREFIX.repo))
    if (parseBootstrapName(key) !== undefined)
      await inspect(key, bytes => checkBootstrap(keys, key, bytes))
  const { slots, retirements } = await listKeys(store)
  for (const { key, kind } of slots)
    if (isSlotKind(kind)) await inspect(key, bytes => decodeSlot(parseJson(bytes)))
  for (const place of retirements)
    await inspect(place.key, bytes => openRetirement(bytes, place, keys))
  for (const [prefix, type, decode] of SEALED)
    for await (const { key } of store.list(prefix))
      if (!key.startsWith(PREFIX.clock) && isOurs(key))
        await inspect(key, bytes => openObject(keys, { key, type }, bytes, decode))
}

/**
 * Looks into one of these objects, as it would be under this name; slots and what belongs to them are not among them.
 * @returns `undefined` for other names; a look that throws damage, or FormatError
 */
export const lookInto = (
  keys: Keys,
  key: string,
): ((bytes: Uint8Array) => Promise<unknown>) | undefined => {
  if (parseBootstrapName(key) !== undefined) return async bytes => checkBootstrap(keys, key, bytes)
  const sealed = SEALED.find(([prefix]) => key.startsWith(prefix))
  if (!sealed || !isOurs(key)) return undefined
  const [, type, decode] = sealed
  return bytes => openObject(keys, { key, type }, bytes, decode)
}

const isOurs = (key: string): boolean =>
  [parseSegmentName, parseIntentName, parseStageName, parseMoveName, parseProofName].some(
    parse => parse(key) !== undefined,
  )

/** Also one that a newer one has replaced. @throws FormatError, `OBJECT_NOT_AUTHENTIC` */
const checkBootstrap = (keys: Keys, key: string, bytes: Uint8Array): void => {
  const bootstrap = decodeBootstrap(parseJson(bytes))
  if (keys.bootstrapMac(bootstrapMacInput(bootstrap)) !== bootstrap.mac)
    throw new ObjectNotAuthenticError(key, 'its MAC is wrong')
}
