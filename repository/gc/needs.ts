import type { MaintenanceStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import type { Move } from '../format/collector.ts'
import { readMove } from './moves.ts'
import { readState } from './state.ts'

/**
 * What becomes of the need for a pack when packs are rewritten. A rewrite that is done takes the need of those whom it covers to the new
 * pack. One that is only announced lets them need both: the new pack may come into the store at any moment, and nothing else names it.
 * @returns for a pack and the intent of whoever names it, the packs that have to stay for that
 */
export const readNeeds = async (
  engine: Pick<Engine, 'keys' | 'moves'>,
  store: MaintenanceStore,
): Promise<(pack: string, intent: string | undefined) => string[]> => {
  const { announced, moved } = await readState(store)
  const reading = { keys: engine.keys, store }
  await engine.moves.learn(reading, moved)
  const open = await Promise.all(
    [...announced.keys()].filter(n => !moved.has(n)).map(n => readMove(reading, 'move', n)),
  )
  const targets = new Map<string, { intents: Set<string>; to: string }[]>()
  for (const { intents, packs } of open) enter(targets, new Set(intents), packs)

  const needs = (pack: string, intent: string | undefined): string[] => {
    const announcedTo = (targets.get(pack) ?? [])
      .filter(({ intents }) => intent !== undefined && intents.has(intent))
      .flatMap(({ to }) => needs(to, intent))
    if (!engine.moves.covers(pack, intent)) return [pack, ...announcedTo]
    const to = engine.moves.next(pack)?.to
    return [...(to ? needs(to.ulid, intent) : []), ...announcedTo]
  }
  return needs
}

const enter = (
  targets: Map<string, { intents: Set<string>; to: string }[]>,
  intents: Set<string>,
  packs: Move['packs'],
): void => {
  for (const { pack, to } of packs)
    if (to !== undefined) targets.set(pack, [...(targets.get(pack) ?? []), { intents, to }])
}
