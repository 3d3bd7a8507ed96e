import type { SimHost, State } from '../state.ts'
import { pause } from '../wait.ts'
import { leaveMessage } from '../xapi/classes/message.ts'
import { takeOver } from '../xapi/classes/pool.ts'
import { chooseHost } from '../xapi/classes/vm-placement.ts'
import { releaseAllOf } from '../xapi/dom0.ts'
import { XapiError } from '../xapi/errors.ts'
import { coordinatorOf } from '../xapi/pool-hosts.ts'
import type { Ref } from '../xapi/records/index.ts'
import { enterRunning, leaveRunning } from '../xapi/vm-life.ts'

const residents = (state: State, host: SimHost): Ref[] =>
  [...state.database.all('VM')]
    .filter(([, vm]) => vm.resident_on === host.ref && !vm.is_control_domain)
    .map(([ref]) => ref)

/** Starts a VM elsewhere; where there is no room it stays Halted, and HA would try again. */
const startElsewhere = async (state: State, vm: Ref): Promise<void> => {
  try {
    const host = chooseHost(state, vm)
    await pause(state, state.timing.power)
    enterRunning(state, vm, host)
    leaveMessage(state, 'VM_STARTED', 'VM', state.database.get('VM', vm).uuid)
  } catch (error) {
    if (!(error instanceof XapiError)) throw error
  }
}

/**
 * What xhad and xapi do about a dead host: a new coordinator where it was that one, then every VM of it is Halted, and the protected
 * ones start elsewhere in their order, "best-effort" ones after them, the others not at all.
 */
export const failOver = async (
  state: State,
  dead: SimHost,
  successor: SimHost | undefined,
): Promise<void> => {
  await pause(state, state.timing.haDetection)
  // Back before anybody acted: nothing happened.
  if (!state.runtime.dead.has(dead.ref)) return
  const next = successor ?? state.hosts.find(host => !state.runtime.dead.has(host.ref))
  if (!next) return
  if (coordinatorOf(state) === dead) takeOver(state, next)
  leaveMessage(state, 'HA_HOST_FAILED', 'Host', dead.uuid)
  releaseAllOf(state, dead)
  const vms = residents(state, dead).map(ref => ({ ref, vm: state.database.get('VM', ref) }))
  for (const { ref, vm } of vms) {
    leaveRunning(state, ref, 'Halted')
    state.database.update('VM', ref, { ha_always_run: vm.ha_always_run })
  }
  const restarts = vms.filter(({ vm }) => vm.ha_always_run).sort((a, b) => a.vm.order - b.vm.order)
  const atBest = vms.filter(({ vm }) => vm.ha_restart_priority === 'best-effort')
  for (const { ref } of [...restarts, ...atBest]) await startElsewhere(state, ref)
}
