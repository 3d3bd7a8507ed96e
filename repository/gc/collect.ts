import type { MaintenanceStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { COLLECTED } from '../format/bootstrap.ts'
import { IndexCompaction } from '../index/compact.ts'
import { SEGMENT_LIMIT } from '../index/rebuild.ts'
import { syncIndex } from '../index/sync.ts'
import { announceFeature } from './announce.ts'
import { readJobStates } from './job-states.ts'
import { survey } from './plan.ts'
import { type CollectReport, emptyReport, inWords } from './report.ts'
import { retireCheckpoints } from './retire-checkpoints.ts'
import { retireIntents } from './retire-intents.ts'
import { retireProofs } from './retire-proofs.ts'
import { rewritePacks } from './rewrite/rewrite.ts'
import { type Epoch, putStage, readPlan, readState, readVerdict } from './state.ts'
import { storeNow } from './store-now.ts'
import { carryOut, judge } from './sweep.ts'

const DAY = 24 * 60 * 60 * 1000 // ms

/** All by the store's clock, in ms. Safety rests on none of them: they keep running jobs from being refused. */
export interface CollectTuning {
  /** from the plan to the sweep */
  wait: number
  /** A pack has to be this old to be condemned. */
  packAge: number
  /** A job that wrote its intent, or its last checkpoint, this long ago and has not committed is given up. */
  intentLife: number
  /** Packs in one plan, at most: agents read it. */
  plan: number
  /** share of its bytes, from 0 to 1: an old pack of which points need less is rewritten; 0: none is */
  rewriteBelow: number
  /** bytes copied by one run, at most */
  rewriteBytes: number
  /** half-dead packs that one run looks into, at most */
  rewritePacks: number
  /** Fewer small index segments than this are left as they are. */
  compactFrom: number
  /** bytes of a compacted index segment, about */
  segmentBytes: number
}

const DEFAULTS: CollectTuning = {
  wait: DAY,
  packAge: 3 * DAY,
  intentLife: 7 * DAY,
  plan: 20_000,
  rewriteBelow: 0.5,
  rewriteBytes: 4 * 1024 ** 3,
  rewritePacks: 1_000,
  compactFrom: 8,
  segmentBytes: SEGMENT_LIMIT,
}

export interface CollectRequest {
  /** the repository's store, with the rights of the maintenance role */
  store: MaintenanceStore
  /** one sentence per event */
  log?: ((line: string) => void) | undefined
  tuning?: Partial<CollectTuning> | undefined
}

/**
 * One run of the garbage collector: takes every epoch as far as it can go, then condemns what has become garbage. To be called once a
 * day or so; it never waits by itself. May be cut off anywhere, and run by several at once.
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC` when a point or an intent cannot be read: nothing is removed then
 */
export const collectGarbage = async (
  opened: Engine,
  { store, log = () => {}, tuning }: CollectRequest,
): Promise<CollectReport> => {
  const engine = { ...opened, store }
  const times = { ...DEFAULTS, ...tuning }
  const now = await storeNow(engine, store)
  const report = emptyReport(now)
  const { epochs } = await readState(store)

  const jobs = await readJobStates(store)
  const { intentLife: life } = times
  report.intentsRemoved = await retireIntents(engine, store, now, life, jobs)
  report.checkpointsRemoved = await retireCheckpoints(engine, store, now, life, jobs)
  await retireProofs(engine, store, now, jobs)
  const condemnedAlready = new Set<string>()
  for (const epoch of epochs)
    for (const pack of await advance(engine, store, epoch, { now, wait: times.wait, report }))
      condemnedAlready.add(pack)

  await syncIndex(engine)
  const { packAge: age, rewriteBelow: below } = times
  const compaction = new IndexCompaction(engine, store, now)
  const { compactFrom: from, segmentBytes: bytes } = times
  await compaction.begin({ from, bytes, segments: 16 })
  const saw = (pack: string) => compaction.saw(pack)
  const found = await survey(engine, store, { now, age, condemnedAlready, below, saw })
  report.index = await compaction.finish()
  const { young, locked } = found
  report.kept = {
    young,
    locked: locked.packs,
    lockedBytes: locked.bytes,
    lockedUntil: locked.packs > 0 ? locked.until : undefined,
  }
  if (found.condemned.length > 0)
    await announceFeature(engine, store, 'readOnlyCompatible', COLLECTED)
  let epoch = epochs.at(-1)?.epoch ?? 0
  for (let at = 0; at < found.condemned.length; at += times.plan) {
    const part = found.condemned.slice(at, at + times.plan)
    const packs = part.map(({ pack, kind }) => ({ pack, kind }))
    const plan = { version: 1 as const, epoch: ++epoch, packs }
    // Another collector at work: what it left out, a later run condemns.
    if (!(await putStage(engine, store, 'plan', plan))) break
    report.condemned.packs += part.length
    report.condemned.bytes += part.reduce((sum, { size }) => sum + size, 0)
    report.waiting.push(waitingFor(epoch, part.length, now + times.wait))
  }
  report.rewritten = await rewritePacks(engine, store, found.halfDead, {
    now,
    limits: {
      below,
      bytes: times.rewriteBytes,
      packs: times.rewritePacks,
      life,
    },
  })
  report.text = inWords(report)
  for (const line of report.text) log(line)
  return report
}

const waitingFor = (epoch: number, packs: number, until: number) => ({
  epoch,
  packs,
  until,
  because: 'backups that run now get the time to name what they need',
})

/** @returns the packs that are condemned by this epoch and still there */
const advance = async (
  engine: Engine,
  store: MaintenanceStore,
  { epoch, stages }: Epoch,
  { now, wait, report }: { now: number; wait: number; report: CollectReport },
): Promise<string[]> => {
  const planned = stages.get('plan')
  if (stages.has('done') || planned === undefined) return []
  const reading = { ...engine, store }
  if (!stages.has('sweep')) {
    if (planned + wait > now) {
      const packs = (await readPlan(reading, epoch)).packs.map(({ pack }) => pack)
      report.waiting.push(waitingFor(epoch, packs.length, planned + wait))
      return packs
    }
    await putStage(engine, store, 'sweep', { version: 1, epoch })
  }
  const verdict = stages.has('verdict')
    ? await readVerdict(reading, epoch)
    : await judge(engine, store, epoch, now)
  const { packs, bytes, lockedUntil } = await carryOut(engine, store, verdict, now)
  report.removed.packs += packs
  report.removed.bytes += bytes
  report.spared.push(...verdict.spare.map(({ pack, because }) => ({ pack, because })))
  if (lockedUntil === undefined) {
    await putStage(engine, store, 'done', { version: 1, epoch })
    return []
  }
  const because = 'a backup that has failed since locked some of them'
  report.waiting.push({ epoch, packs: verdict.remove.length, until: lockedUntil, because })
  return verdict.remove.map(({ pack }) => pack)
}
