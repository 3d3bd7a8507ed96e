import type { MaintenanceStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import type { Verdict } from '../format/collector.ts'
import { inParallel } from '../read/in-parallel.ts'
import { readLive } from './live.ts'
import { packVersions } from './plan.ts'
import { latestLock, removeVersions } from './remove-versions.ts'
import { putStage, readPlan, readVerdict } from './state.ts'

/**
 * Decides what of a plan is removed. The sweep mark has to be in the store by now: whoever writes an intent after our listing began
 * finds the mark, whoever wrote it before is found by the listing.
 * @param now the store's time
 * @returns the verdict that holds: that of the collector who was first
 */
export const judge = async (
  engine: Engine,
  store: MaintenanceStore,
  epoch: number,
  now: number,
): Promise<Verdict> => {
  const plan = await readPlan({ ...engine, store }, epoch)
  const condemned = new Map(plan.packs.map(pack => [pack.pack, pack]))
  const needed = new Map<string, string>()
  await readLive(engine, store, (pack, needer) => {
    if (condemned.has(pack)) needed.set(pack, needer.key)
  })
  const verdict: Verdict = { version: 1, epoch, remove: [], spare: [] }
  for await (const { pack, kind, versions } of packVersions(store)) {
    if (!condemned.has(pack)) continue
    const needer = needed.get(pack)
    const until = needer === undefined ? await latestLock(store, versions, now) : undefined
    if (needer !== undefined) verdict.spare.push({ pack, kind, because: `needed by ${needer}` })
    else if (until !== undefined)
      verdict.spare.push({ pack, kind, because: `locked until ${new Date(until).toISOString()}` })
    else verdict.remove.push({ pack, kind, versions: versions.map(({ version }) => version) })
  }
  const first = await putStage(engine, store, 'verdict', verdict)
  return first ? verdict : readVerdict({ ...engine, store }, epoch)
}

/**
 * Carries a verdict out. Just the versions it names: bytes that came to such a name later are none of its business.
 * @param now the store's time
 * @returns what was removed, and until when something is locked that was not when it was judged
 */
export const carryOut = async (
  engine: Engine,
  store: MaintenanceStore,
  { remove }: Verdict,
  now: number,
): Promise<{ packs: number; bytes: number; lockedUntil: number | undefined }> => {
  const doomed = new Map(remove.map(({ pack, versions }) => [pack, new Set(versions)]))
  const there: { pack: string; versions: Parameters<typeof removeVersions>[1] }[] = []
  for await (const { pack, versions } of packVersions(store)) {
    const left = versions.filter(({ version }) => doomed.get(pack)?.has(version))
    if (left.length > 0) there.push({ pack, versions: left })
  }
  const result = { packs: 0, bytes: 0, lockedUntil: undefined as number | undefined }
  const gone: string[] = []
  const work = inParallel(engine.tuning.requests, there, async ({ pack, versions }) => {
    const until = await removeVersions(store, versions, now)
    if (until !== undefined) {
      result.lockedUntil = Math.max(result.lockedUntil ?? 0, until)
      return
    }
    gone.push(pack)
    result.packs++
    result.bytes += versions.reduce((sum, { size }) => sum + size, 0)
  })
  await work.finally(() => engine.index.removePacks(gone))
  return result
}
