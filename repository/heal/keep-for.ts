import { PacksCondemnedError, PointClosedError } from '#core/errors/collector.ts'
import { isDamage } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { Engine } from '../engine.ts'
import { intentName, packName, parseIntentName } from '../format/names.ts'
import { newUlid } from '../format/ulid.ts'
import { readIntent } from '../gc/live.ts'
import { watchCollector } from '../gc/watch.ts'
import { readPoint } from '../read/points.ts'
import { writeIntent } from '../write/commit.ts'

/**
 * Packs that a point does not name, and that alone have whole what it needs: an intent of its job names them from now on, so that the
 * collector lets them be as long as the point is there. In the order of an agent: look at the collector, see the packs, write, look again.
 * @returns ulids of the packs that were not kept before and are now
 */
export const keepFor = async (
  engine: Engine,
  key: string,
  packs: readonly string[],
): Promise<string[]> => {
  try {
    const collector = await watchCollector(engine)
    const { id: job, vmUuid } = await readPoint(engine, key)
    const kept = await keptBy(engine, job)
    const wanted: string[] = []
    for (const ulid of packs) {
      const ref = engine.index.pack(ulid)
      if (!ref || kept.has(ulid) || collector.condemned.has(ulid)) continue
      const stat = await engine.store.stat(packName(ref.kind, ulid))
      if (stat?.size === ref.size) wanted.push(ulid)
    }
    if (wanted.length === 0) return []
    const intent = newUlid(engine.clock, engine.random)
    await writeIntent(engine, intent, { job, vmUuid, packs: wanted })
    await collector.ensureKept(wanted)
    return wanted
  } catch (error) {
    // Deleted meanwhile, a collector was first, or it cannot be read whom to keep for: the next check tells what is left.
    if (
      error instanceof PacksCondemnedError ||
      error instanceof PointClosedError ||
      error instanceof ObjectNotFoundError ||
      isDamage(error)
    )
      return []
    throw error
  }
}

/** What intents of the job name already. */
const keptBy = async (engine: Engine, job: string): Promise<Set<string>> => {
  const kept = new Set<string>()
  for await (const { key } of engine.store.list(intentName(job, ''))) {
    if (!parseIntentName(key)) continue
    try {
      const { packs } = await readIntent(engine, key, await engine.store.get(key))
      for (const ulid of packs) kept.add(ulid)
    } catch (error) {
      // What cannot be read keeps nothing, and a second intent does no harm.
      if (!isDamage(error)) throw error
    }
  }
  return kept
}
