import { NULL_REF } from '../../identifiers.ts'
import type { SimHost } from '../../state.ts'
import { pause } from '../../wait.ts'
import { XapiError } from '../errors.ts'
import type { Call, Implementation } from '../implementation.ts'
import { withVmOperation } from '../locks.ts'
import { hostOf } from '../pool-hosts.ts'
import type { Messages, Ref } from '../records/index.ts'
import type { VmOperations } from '../records/VM.ts'
import { assertDisksFree, enterRunning, leaveRunning } from '../vm-life.ts'
import { leaveMessage } from './message.ts'
import { removeVdi } from './vdi-copies.ts'
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
    enterRunning(state, vm, host, paused ? 'Paused' : 'Running')
    tell(call, vm, 'VM_STARTED')
  })

const exactly = (call: Call, vm: Ref, host: Ref) => () => {
  assertCanBootHere(call.state, vm, host)
  return hostOf(call.state, host)
}

const dropSuspendImage = ({ state }: Call, vm: Ref) => {
  const { suspend_VDI } = state.database.get('VM', vm)
  if (suspend_VDI === NULL_REF) return
  state.database.update('VM', vm, { suspend_VDI: NULL_REF })
  if (state.database.find('VDI', suspend_VDI)) removeVdi(state, suspend_VDI)
}

const shutDown = (call: Call, vm: Ref, operation: VmOperations) =>
  locked(call, vm, operation, () => {
    dropSuspendImage(call, vm)
    leaveRunning(call.state, vm, 'Halted')
    tell(call, vm, 'VM_SHUTDOWN')
  })

const suspend = (call: Call, vm: Ref) => {
  const { state } = call
  const { suspend_SR } = state.database.get('VM', vm)
  const [pool] = state.database.all('pool').values()
  const sr = suspend_SR !== NULL_REF ? suspend_SR : (pool?.suspend_image_SR ?? NULL_REF)
  if (!state.database.find('SR', sr)) throw new XapiError('VM_NO_SUSPEND_SR', vm)
  const uuid = state.newUuid()
  const size = state.database.get('VM', vm).memory_static_max
  state.disks.createEmpty(uuid, size)
  const suspend_VDI = state.database.create('VDI', {
    uuid,
    location: uuid,
    name_label: 'Suspend image',
    SR: sr,
    type: 'suspend',
    virtual_size: size,
    managed: true,
  })
  leaveRunning(state, vm, 'Suspended')
  state.database.update('VM', vm, { suspend_VDI })
}

const resume = (
  call: Call,
  vm: Ref,
  operation: VmOperations,
  paused: boolean,
  choose: () => SimHost,
) => boot(call, vm, operation, paused, choose).then(() => dropSuspendImage(call, vm))

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
  clean_shutdown: (call, vm) => shutDown(call, vm, 'clean_shutdown'),
  hard_shutdown: (call, vm) => shutDown(call, vm, 'hard_shutdown'),
  shutdown: (call, vm) => shutDown(call, vm, 'shutdown'),
  suspend: (call, vm) => locked(call, vm, 'suspend', () => suspend(call, vm)),
  resume: (call, vm, start_paused) =>
    resume(call, vm, 'resume', start_paused, () => chooseHost(call.state, vm)),
  resume_on: (call, vm, host, start_paused) =>
    resume(call, vm, 'resume_on', start_paused, exactly(call, vm, host)),
  pause: (call, vm) => setState(call, vm, 'pause', 'Paused'),
  unpause: (call, vm) => setState(call, vm, 'unpause', 'Running'),
  clean_reboot: (call, vm) => restart(call, vm, 'clean_reboot'),
  hard_reboot: (call, vm) => restart(call, vm, 'hard_reboot'),
}
