import type { SimHost } from '../../state.ts'
import { nextChange, pause } from '../../wait.ts'
import { XapiError } from '../errors.ts'
import type { Call, Implementation } from '../implementation.ts'
import { withVmOperation } from '../locks.ts'
import { hostOf } from '../pool-hosts.ts'
import type { Messages, Ref } from '../records/index.ts'
import type { VmOperations } from '../records/VM.ts'
import { assertDisksFree, enterRunning, guestOf, leaveRunning } from '../vm-life.ts'
import { leaveMessage } from './message.ts'
import { createSuspendImage, dropSuspendImage, readSuspendImage } from './suspend-image.ts'
import { assertCanBootHere, chooseHost } from './vm-placement.ts'

const tell = ({ state }: Call, vm: Ref, name: string) => {
  leaveMessage(state, name, 'VM', state.database.get('VM', vm).uuid)
}

const locked = (call: Call, vm: Ref, operation: VmOperations, work: () => void) =>
  withVmOperation(call.state, vm, operation, call.task, async () => {
    await pause(call.state, call.state.timing.power)
    work()
  })

const boot = (
  call: Call,
  vm: Ref,
  operation: VmOperations,
  paused: boolean,
  choose: () => SimHost,
) =>
  withVmOperation(call.state, vm, operation, call.task, async () => {
    const { state } = call
    const host = choose()
    assertDisksFree(state, vm)
    await pause(state, state.timing.power)
    assertDisksFree(state, vm)
    const resumed = state.database.get('VM', vm).power_state === 'Suspended'
    if (resumed) await readSuspendImage(state, vm)
    enterRunning(state, vm, host, paused ? 'Paused' : 'Running')
    tell(call, vm, resumed ? 'VM_RESUMED' : 'VM_STARTED')
  })

const exactly = (call: Call, vm: Ref, host: Ref) => () => {
  assertCanBootHere(call.state, vm, host)
  return hostOf(call.state, host)
}

const shutDown = (call: Call, vm: Ref, operation: VmOperations) =>
  locked(call, vm, operation, () => {
    dropSuspendImage(call.state, vm)
    leaveRunning(call.state, vm, 'Halted')
    tell(call, vm, 'VM_SHUTDOWN')
  })

/** Asks the guest, and waits for it as long as XAPI does; the wait can be cancelled. */
const cleanShutdown = (call: Call, vm: Ref) =>
  withVmOperation(call.state, vm, 'clean_shutdown', call.task, async () => {
    const { state, task } = call
    await pause(state, state.timing.power)
    const { shutdown } = guestOf(state, vm)
    const goDown = () => {
      leaveRunning(state, vm, 'Halted')
      tell(call, vm, 'VM_SHUTDOWN')
    }
    if (shutdown === 'obeys') return goDown()
    if (shutdown === 'refuses') throw new XapiError('VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT', vm)
    if (state.database.find('task', task))
      state.database.update('task', task, { allowed_operations: ['cancel', 'destroy'] })
    const deadline = performance.now() + state.timing.shutdownWait
    try {
      for (;;) {
        const left = deadline - performance.now()
        if (left <= 0)
          throw new XapiError('VM_SHUTDOWN_TIMEOUT', vm, String(state.timing.shutdownWait / 1000))
        state.tasks.assertNotCancelled(task)
        await nextChange(state, left)
      }
    } catch (error) {
      if (shutdown === 'late') setTimeout(goDown, 20).unref()
      throw error
    }
  })

const suspend = (call: Call, vm: Ref) =>
  withVmOperation(call.state, vm, 'suspend', call.task, async () => {
    await pause(call.state, call.state.timing.power)
    const suspend_VDI = await createSuspendImage(call.state, vm)
    leaveRunning(call.state, vm, 'Suspended')
    call.state.database.update('VM', vm, { suspend_VDI })
  })

const migrate = (call: Call, vm: Ref, host: Ref) =>
  withVmOperation(call.state, vm, 'pool_migrate', call.task, async () => {
    assertCanBootHere(call.state, vm, host)
    await pause(call.state, call.state.timing.power)
    call.state.database.update('VM', vm, { resident_on: host })
    tell(call, vm, 'VM_MIGRATED')
  })

const resetPowerState = (call: Call, vm: Ref) =>
  withVmOperation(call.state, vm, 'power_state_reset', call.task, async () => {
    const { power_state, resident_on, domid } = call.state.database.get('VM', vm)
    const host = call.state.database.find('host', resident_on)
    const live = host && call.state.database.find('host_metrics', host.metrics)?.live
    if (live && (power_state === 'Running' || power_state === 'Paused'))
      throw new XapiError('DOMAIN_EXISTS', vm, String(domid))
    leaveRunning(call.state, vm, 'Halted')
  })

const resume = (
  call: Call,
  vm: Ref,
  operation: VmOperations,
  paused: boolean,
  choose: () => SimHost,
) => boot(call, vm, operation, paused, choose).then(() => dropSuspendImage(call.state, vm))

const restart = (call: Call, vm: Ref, operation: VmOperations) =>
  locked(call, vm, operation, () => {
    const host = hostOf(call.state, call.state.database.get('VM', vm).resident_on)
    leaveRunning(call.state, vm, 'Halted')
    enterRunning(call.state, vm, host)
    tell(call, vm, 'VM_REBOOTED')
  })

const setState = (
  call: Call,
  vm: Ref,
  operation: VmOperations,
  power_state: 'Paused' | 'Running',
) => locked(call, vm, operation, () => call.state.database.update('VM', vm, { power_state }))

type Power =
  | 'start'
  | 'start_on'
  | 'clean_shutdown'
  | 'hard_shutdown'
  | 'shutdown'
  | 'suspend'
  | 'pool_migrate'
  | 'power_state_reset'
  | 'resume'
  | 'resume_on'
  | 'pause'
  | 'unpause'
  | 'clean_reboot'
  | 'hard_reboot'

export const vmPower: Implementation<Pick<Messages['VM'], Power>> = {
  start: (call, vm, start_paused) =>
    boot(call, vm, 'start', start_paused, () => chooseHost(call.state, vm)),
  start_on: (call, vm, host, start_paused) =>
    boot(call, vm, 'start_on', start_paused, exactly(call, vm, host)),
  clean_shutdown: cleanShutdown,
  hard_shutdown: (call, vm) => shutDown(call, vm, 'hard_shutdown'),
  shutdown: (call, vm) => shutDown(call, vm, 'shutdown'),
  suspend,
  pool_migrate: migrate,
  power_state_reset: resetPowerState,
  resume: (call, vm, start_paused) =>
    resume(call, vm, 'resume', start_paused, () => chooseHost(call.state, vm)),
  resume_on: (call, vm, host, start_paused) =>
    resume(call, vm, 'resume_on', start_paused, exactly(call, vm, host)),
  pause: (call, vm) => setState(call, vm, 'pause', 'Paused'),
  unpause: (call, vm) => setState(call, vm, 'unpause', 'Running'),
  clean_reboot: (call, vm) => restart(call, vm, 'clean_reboot'),
  hard_reboot: (call, vm) => restart(call, vm, 'hard_reboot'),
}
