import { isDamage, ObjectDamagedError } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import { openObject } from '../crypto/sealed-object.ts'
import { decodeSlot } from '../crypto/slot.ts'
import type { Engine } from '../engine.ts'
import { FormatError } from '../format/bytes.ts'
import { parseJson } from '../format/commit.ts'
import { decodeSegment } from '../format/index-segment.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseSegmentName, parseSlotName } from '../format/names.ts'
import type { Findings } from './findings.ts'

const KNOWN_SLOTS = new Set(['scrypt', 'recovery'])

/** Slots, index segments and intents: no point is lost with one, but a way in or a fast start may be. */
export const checkSmallObjects = async (engine: Engine, findings: Findings): Promise<void> => {
  const { store, keys } = engine
  const inspect = async (key: string, look: (bytes: Uint8Array) => unknown) => {
    try {
      await look(await store.get(key))
    } catch (error) {
      const damage =
        error instanceof FormatError ? new ObjectDamagedError(key, error.message) : error
      // A collector may have cleared it away since it was listed.
      if (error instanceof ObjectNotFoundError && key.startsWith(PREFIX.intents)) return
      if (!isDamage(damage)) throw error
      findings.add(damage)
    }
  }
  for await (const { key } of store.list(PREFIX.keys))
    if (KNOWN_SLOTS.has(parseSlotName(key)?.slot ?? ''))
      await inspect(key, bytes => decodeSlot(parseJson(bytes)))
  for await (const { key } of store.list(PREFIX.index))
    if (parseSegmentName(key))
      await inspect(key, bytes =>
        openObject(keys, { key, type: TYPE.segment }, bytes, decodeSegment),
      )
  for await (const { key } of store.list(PREFIX.intents))
    await inspect(key, bytes => openObject(keys, { key, type: TYPE.intent }, bytes, parseJson))
}
