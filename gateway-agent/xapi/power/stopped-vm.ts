import { z } from 'zod'
import { XenkeepError } from '#core/errors/base.ts'
import { VmNotStartedError } from '#core/errors/methods.ts'
import { type Maker, makerOfMark, markOf, STOPPED_TAG } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../api.ts'
import { backoff } from '../backoff.ts'
import { removeMapKeys, setMapKeys } from '../other-config.ts'
import { recordsOf, VmRecord } from '../records.ts'
import { type FoundVm, unlessGone } from '../vms.ts'
import { PowerRecord, startAgain } from './start-again.ts'

/** How often a start is tried before a person has to look; with the waits in between about two minutes. */
const START_ATTEMPTS = 6

const Mark = z.object({
  /** The VM's own UUID, since XenServer copies `other_config` into snapshots and clones. */
  vmUuid: z.string(),
  /** Job and installation. */
  by: z.string(),
  /** Where it ran. */
  host: z.string(),
  /** Unknown where the VM was off already: shutting it down takes the flag away. */
  haAlwaysRun: z.boolean().optional(),
  /** It runs, and is only watched: its guest was asked to shut down, and may do so until then, milliseconds since 1970. */
  until: z.number().optional(),
})
type Mark = z.infer<typeof Mark>

/**
 * Writes on the VM that it has to run again, before anything stops it.
 * @param until see `Mark`
 */
export const markStopped = (
  xapi: Xapi,
  { ref, record }: FoundVm,
  maker: Maker,
  until?: number,
): Promise<void> => {
  const mark: Mark = {
    vmUuid: record.uuid,
    by: markOf(maker),
    host: record.resident_on,
    ...(record.power_state !== 'Halted' && { haAlwaysRun: record.ha_always_run === true }),
    ...(until !== undefined && { until }),
  }
  return setMapKeys(xapi, 'VM.other_config', ref, { [STOPPED_TAG]: JSON.stringify(mark) })
}

const markOn = ({ uuid, other_config }: VmRecord): Mark | undefined => {
  try {
    const mark = Mark.safeParse(JSON.parse(other_config[STOPPED_TAG] ?? '')).data
    return mark?.vmUuid === uuid ? mark : undefined
  } catch {
    return undefined
  }
}

/** @returns the job that stopped the VM, where one did and the VM has not been seen running since */
export const stoppedBy = (record: VmRecord): Maker | undefined => makerOfMark(markOn(record)?.by)

/**
 * Sees to it that a VM which a job stopped runs again, and takes the mark away. A VM without a mark of the installation is left as it
 * is; so it may be called twice.
 * @param isRunning whether a job is at work in this process: what it stopped is left to it
 * @returns what to tell the user, one sentence each
 * @throws `VM_NOT_STARTED`; the mark stays then
 */
export const runAgain = async (
  xapi: Xapi,
  ref: Ref,
  owner: string,
  known?: z.infer<typeof PowerRecord>,
  isRunning: (jobId: string) => boolean = () => false,
): Promise<string[]> => {
  const before = known ?? (await unlessGone(xapi.call('VM.get_record', [ref], PowerRecord)))
  const mark = before && markOn(before)
  const maker = before && stoppedBy(before)
  if (!before || !mark || maker?.owner !== owner || isRunning(maker.jobId)) return []
  if (await isWatched(xapi, ref, before, mark)) return []
  const name = before.name_label
  for (let attempt = 0; ; attempt++) {
    try {
      const notes = await startAgain(xapi, ref, mark)
      await unlessGone(removeMapKeys(xapi, 'VM.other_config', ref, [STOPPED_TAG]))
      return notes
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (attempt === START_ATTEMPTS - 1) throw new VmNotStartedError(name, why, error)
      await xapi.waiting.sleep(backoff(attempt, xapi.waiting))
    }
  }
}

/** A guest that did not shut down in time is left as it is while it runs, and when nobody waits for it any more. */
const isWatched = async (
  xapi: Xapi,
  ref: Ref,
  { power_state: state }: VmRecord,
  { until }: Mark,
): Promise<'now' | 'no longer' | undefined> => {
  if (until === undefined) return undefined
  if (Date.now() < until) return state === 'Running' || state === 'Paused' ? 'now' : undefined
  await unlessGone(removeMapKeys(xapi, 'VM.other_config', ref, [STOPPED_TAG]))
  return 'no longer'
}

/**
 * Sees to it that all VMs run again which jobs of the installation stopped, but those whose job is at work.
 * @returns one sentence for each VM, and how many may still go down
 */
export const startStopped = async (
  xapi: Xapi,
  owner: string,
  isAtWork: (jobId: string) => boolean | Promise<boolean>,
): Promise<{ started: string[]; failed: string[]; watched: number }> => {
  const found = { started: [] as string[], failed: [] as string[], watched: 0 }
  const vms = await xapi.call('VM.get_all_records', [], recordsOf(VmRecord))
  for (const [ref, vm] of Object.entries(vms)) {
    const maker = stoppedBy(vm)
    const mark = markOn(vm)
    if (!mark || maker?.owner !== owner) continue
    // Who gave up waiting for the guest does not look after it any more.
    const late = mark.until !== undefined
    if (!late && (await isAtWork(maker.jobId))) continue
    try {
      const watched = await isWatched(xapi, ref, vm, mark)
      if (watched === 'now') found.watched++
      if (watched) continue
      const notes = await runAgain(xapi, ref, owner)
      const was = late
        ? `The VM "${vm.name_label}" went down after its backup had given up waiting for it to shut down; it runs.`
        : `The VM "${vm.name_label}" was ${vm.power_state} after job ${maker.jobId} had been cut off; it runs.`
      found.started.push([was, ...notes].join(' '))
    } catch (error) {
      if (!(error instanceof XenkeepError)) throw error
      found.failed.push(error.message)
    }
  }
  return found
}
