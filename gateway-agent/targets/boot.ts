import { isXapiError } from '#core/errors/xenserver.ts'
import type { Ref, Xapi } from '../xapi/api.ts'
import { eventsSince } from '../xapi/connection/events.ts'
import { GuestMetricsRecord, HostRecord, NULL_REF, VmRecord } from '../xapi/records.ts'
import { untilDetached } from '../xapi/release-disk.ts'
import { disksOf, unlessGone } from '../xapi/vms.ts'
import { VoidAnswer } from '../xapi/void-answer.ts'

/** How a VM that was started is seen from outside. */
export interface BootState {
  powerState: VmRecord['power_state']
  /** VM_guest_metrics.PV_drivers_detected of this boot. */
  tools: boolean
  /** name_label of its host; empty where it runs nowhere. */
  host: string
  /** VM.xenstore_data, to which the guest writes below `vm-data/`. */
  xenstore: Readonly<Record<string, string>>
}

export interface BootedVm {
  /** Now, and whenever something has changed; ends with the signal that the VM was started with, by throwing its reason. */
  states(): AsyncIterable<BootState>
  /** Pulls the plug. May be called again, and on a VM that has stopped. */
  off(): Promise<void>
}

/** Seconds. */
const EVENT_WAIT = 10.5

/**
 * Starts a VM whose start was blocked, by us and for this moment. It may be on already, after an earlier attempt.
 * @throws {XapiError} why it does not start
 */
export const bootVm = async (xapi: Xapi, ref: Ref, signal: AbortSignal): Promise<BootedVm> => {
  const { call, run } = xapi
  const off = () => pullThePlug(xapi, ref)
  // Dom0 lets go of a disk some moments after its import; until then the VM could not start.
  for (const { vdiRef } of await disksOf(xapi, await call('VM.get_record', [ref], VmRecord)))
    await untilDetached(xapi, vdiRef)
  for (const operation of ['start', 'start_on'])
    await call('VM.remove_from_blocked_operations', [ref, operation], VoidAnswer)
  // A guest that crashes shall stay down, so that it is seen.
  await call('VM.set_actions_after_crash', [ref, 'destroy'], VoidAnswer)
  try {
    await run('VM.start', [ref, false, false], VoidAnswer, { signal })
  } catch (error) {
    // It may start all the same: a task that was cancelled too late, or whose end nobody heard of.
    await off().catch(() => undefined)
    throw error
  }
  return { states: () => states(xapi, ref, signal), off }
}

/** Looks at a start that does not end: how often, and after how many milliseconds each time. */
const START_LOOKS = 120
const START_PAUSE = 1_000

/** Off, and off it stays: a start that is under way is waited for, and switched off when it has come through. */
const pullThePlug = async ({ call, run, waiting }: Xapi, ref: Ref): Promise<void> => {
  for (let look = 0; look < START_LOOKS; look++) {
    const vm = await unlessGone(call('VM.get_record', [ref], VmRecord))
    if (!vm) return
    const isStarting = Object.values(vm.current_operations).some(of => of.startsWith('start'))
    if (vm.power_state !== 'Halted')
      await run('VM.hard_shutdown', [ref], VoidAnswer).catch(error => {
        if (!isXapiError(error, 'VM_BAD_POWER_STATE', 'HANDLE_INVALID')) throw error
      })
    else if (isStarting) await waiting.sleep(START_PAUSE)
    else return
  }
}

/** First the token, then the look: so nothing that changes in between is missed. */
async function* states(xapi: Xapi, ref: Ref, signal: AbortSignal): AsyncGenerator<BootState> {
  const { call } = xapi
  const options = { signal }
  let token = ''
  let watched: Ref = NULL_REF
  for (;;) {
    const classes = [`VM/${ref}`, ...(watched === NULL_REF ? [] : [`VM_guest_metrics/${watched}`])]
    token = (await eventsSince(xapi, classes, token, { wait: EVENT_WAIT, signal })).token
    const vm = await call('VM.get_record', [ref], VmRecord, options)
    const metrics =
      vm.guest_metrics === NULL_REF
        ? undefined
        : await unlessGone(
            call('VM_guest_metrics.get_record', [vm.guest_metrics], GuestMetricsRecord, options),
          )
    const host =
      vm.resident_on === NULL_REF
        ? undefined
        : await unlessGone(call('host.get_record', [vm.resident_on], HostRecord, options))
    if (vm.guest_metrics !== watched) {
      // Another object to listen to: what it tells from now on needs a token of its own.
      watched = vm.guest_metrics
      token = ''
    }
    yield {
      powerState: vm.power_state,
      tools: metrics?.PV_drivers_detected ?? false,
      host: host?.name_label ?? '',
      xenstore: vm.xenstore_data,
    }
  }
}
