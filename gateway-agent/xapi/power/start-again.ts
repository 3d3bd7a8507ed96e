import { z } from 'zod'
import { isXapiError } from '#core/errors/xenserver.ts'
import type { Ref, Xapi, XapiValue } from '../api.ts'
import { inTime, TooLongError } from '../in-time.ts'
import { NULL_REF, VmRecord } from '../records.ts'
import { unlessGone } from '../vms.ts'
import { VoidAnswer } from '../void-answer.ts'

/** Seconds that something may still be under way on the VM before we leave it to a later look. */
const SETTLE_SECONDS = 60

export const PowerRecord = VmRecord.extend({ ha_always_run: z.boolean().default(false) })

/**
 * Starts or resumes a VM that a job had stopped, where it ran before.
 * @param before the host where it ran, and whether high availability kept it running
 * @returns what to tell the user, one sentence each; a VM that runs or is gone needs nothing
 * @throws why it does not run
 */
export const startAgain = async (
  xapi: Xapi,
  ref: Ref,
  before: { host: Ref; haAlwaysRun?: boolean | undefined },
): Promise<string[]> => {
  const vm = await atRest(xapi, ref)
  if (!vm || vm.power_state === 'Running' || vm.power_state === 'Paused') return []
  const notes = vm.power_state === 'Halted' ? await start(xapi, ref, before.host) : []
  if (vm.power_state === 'Suspended') await run(xapi, 'VM.resume', [ref, false, false])
  const after = await unlessGone(xapi.call('VM.get_record', [ref], PowerRecord))
  if (after && after.ha_always_run !== (before.haAlwaysRun ?? after.ha_always_run))
    notes.push(
      `High availability ${after.ha_always_run ? 'protects' : 'does not protect'} the VM now, other than before; check its restart priority.`,
    )
  return notes
}

/** On the host where it ran, else where the pool sees fit. */
const start = async (xapi: Xapi, ref: Ref, host: Ref): Promise<string[]> => {
  if (host !== NULL_REF)
    try {
      await run(xapi, 'VM.start_on', [ref, host, false, false])
      return []
    } catch (error) {
      // Somebody was faster (high availability does so by itself), or the first start is still under way.
      if (isXapiError(error, 'VM_BAD_POWER_STATE') || error instanceof TooLongError) throw error
    }
  await run(xapi, 'VM.start', [ref, false, false])
  return host === NULL_REF
    ? []
    : ['The VM could not be started on the host where it ran before; it runs on another one now.']
}

/** A start that never ends would keep the job, and whoever waits for the VM, for ever: it is called off and looked at anew. */
const run = (xapi: Xapi, method: string, parameters: XapiValue[]): Promise<unknown> =>
  inTime(xapi.timeouts.start, method, signal =>
    xapi.run(method, parameters, VoidAnswer, { signal }),
  )

/** Waits while a shutdown, a start or a checkpoint is under way: until it has ended nobody knows what the VM will be. */
const atRest = async (xapi: Xapi, ref: Ref): Promise<VmRecord | undefined> => {
  for (let second = 0; ; second++) {
    const vm = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
    const busy = Object.values(vm?.current_operations ?? {}).find(name => CHANGING.has(name))
    if (!busy) return vm
    if (second === SETTLE_SECONDS)
      throw new Error(`${busy} is still under way after ${SETTLE_SECONDS} s.`)
    await xapi.waiting.sleep(1_000)
  }
}

const CHANGING = new Set([
  'clean_shutdown',
  'hard_shutdown',
  'shutdown',
  'suspend',
  'checkpoint',
  'start',
  'start_on',
  'resume',
  'resume_on',
])
