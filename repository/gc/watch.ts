import { BaseDeletedError, PacksCondemnedError, PointClosedError } from '#core/errors/collector.ts'
import type { Engine } from '../engine.ts'
import { isClosedSize } from '../format/closed-name.ts'
import { pointName } from '../format/names.ts'
import type { PointRequest } from '../write/api.ts'
import { type Epoch, readPlan, readState, readVerdict } from './state.ts'

/** What one job knows of the collector; docs/repository-format.md, section 10.2. */
export interface CollectorWatch {
  /** Packs that were condemned or rewritten when the job began: not to be relied on. */
  readonly condemned: ReadonlySet<string>

  /**
   * Step 6, after the intent was written. Packs without bytes in memory cannot be sent again: chunks were handed over and given back
   * long ago, so the job has to be done anew. It finds these packs forgotten and sends what they held.
   * @throws `PACKS_CONDEMNED`, `REPOSITORY_READ_ONLY`
   */
  ensureKept(packs: Iterable<string>): Promise<void>
}

/**
 * To be called before the job looks at anything in the store that it is going to rely on: what an epoch removed that is done by then,
 * the job cannot have seen.
 * @throws `REPOSITORY_READ_ONLY`
 */
export const watchCollector = async (engine: Engine): Promise<CollectorWatch> => {
  const { epochs: known, moved } = await readState(engine.store)
  await engine.moves.learn(engine, moved)
  const done = new Set(known.filter(isDone).map(({ epoch }) => epoch))
  const condemned = new Set<string>(engine.moves.rewritten)
  for (const { epoch, stages } of known) {
    if (done.has(epoch)) continue
    for (const ulid of await (stages.has('verdict') ? removed : planned)(engine, epoch))
      condemned.add(ulid)
  }
  return {
    condemned,
    ensureKept: async packs => {
      const needed = [...packs]
      const lost = new Set<string>()
      for (const { epoch, stages } of (await readState(engine.store)).epochs) {
        // Without the mark the collector has yet to list the intents, and will find ours.
        if (done.has(epoch) || !stages.has('sweep')) continue
        const swept = await (stages.has('verdict') ? removed : planned)(engine, epoch)
        for (const ulid of needed) if (swept.has(ulid)) lost.add(ulid)
      }
      if (lost.size === 0) return
      engine.index.removePacks(lost)
      throw new PacksCondemnedError(lost.size)
    },
  }
}

const isDone = ({ stages }: Epoch): boolean => stages.has('done')

const planned = async (engine: Engine, epoch: number): Promise<Set<string>> =>
  new Set((await readPlan(engine, epoch)).packs.map(({ pack }) => pack))

const removed = async (engine: Engine, epoch: number): Promise<Set<string>> =>
  new Set((await readVerdict(engine, epoch)).remove.map(({ pack }) => pack))

/**
 * Saves the work for a point that could not be committed. The base has to be alive now: from here on the watch notices what befalls it.
 * @throws `POINT_CLOSED`, `BASE_DELETED`
 */
export const refuseClosed = async (
  { store, keys }: Engine,
  { jobId, vmUuid, base }: PointRequest,
): Promise<void> => {
  const own = await store.stat(pointName(keys.vmTag(vmUuid), jobId))
  if (own && isClosedSize(own.size)) throw new PointClosedError(jobId)
  if (!base) return
  const found = await store.stat(base.key)
  if (!found || isClosedSize(found.size)) throw new BaseDeletedError(base.id)
}
