import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import { XapiError } from '../errors.ts'
import type { Call, Implementation } from '../implementation.ts'
import { refreshVdi, refreshVm } from '../locks.ts'
import type { Messages, Ref, VBDRecord } from '../records/index.ts'
import { attachments } from '../vdi-rules.ts'
import { deviceName } from '../vm-life.ts'
import { badPowerState } from '../vm-rules.ts'

type Fields = Partial<VBDRecord>

const freeSlot = (state: State, vm: Ref): string => {
  const used = state.database
    .get('VM', vm)
    .VBDs.map(ref => state.database.get('VBD', ref).userdevice)
  return Array.from({ length: 255 }, (_, i) => String(i)).find(slot => !used.includes(slot)) ?? '0'
}

/** `0`…`254`, or a device name such as `xvda` or `hdc`. */
const slotNumber = (userdevice: string): string => {
  if (/^\d+$/.test(userdevice) && Number(userdevice) < 255) return String(Number(userdevice))
  const letter = /^(?:xvd|hd|sd)([a-z])$/.exec(userdevice)?.[1]
  if (!letter) throw new XapiError('INVALID_DEVICE', userdevice)
  return String(letter.charCodeAt(0) - 97)
}

const assertDisk = (state: State, { VDI = NULL_REF, mode, type }: Fields) => {
  const vdi = state.database.get('VDI', VDI)
  if (vdi.type === 'cbt_metadata') throw new XapiError('VDI_INCOMPATIBLE_TYPE', VDI, vdi.type)
  if (mode === 'RW' && vdi.read_only && type !== 'CD') throw new XapiError('VDI_READONLY', VDI)
}

const createVbd = ({ state }: Call, args: Fields): Ref => {
  const { VM = NULL_REF, type, mode, empty, userdevice = 'autodetect' } = args
  const vm = state.database.get('VM', VM)
  if (type === 'CD' && mode !== 'RO') throw new XapiError('VBD_CDS_MUST_BE_READONLY')
  if (empty && type !== 'CD') throw new XapiError('VBD_NOT_REMOVABLE_MEDIA', NULL_REF)
  if (!empty) assertDisk(state, args)
  const slot =
    userdevice === 'autodetect' && !vm.is_control_domain
      ? freeSlot(state, VM)
      : userdevice === 'autodetect'
        ? userdevice
        : slotNumber(userdevice)
  const taken = vm.VBDs.some(ref => state.database.get('VBD', ref).userdevice === slot)
  if (taken && slot !== 'autodetect') throw new XapiError('DEVICE_ALREADY_EXISTS', slot)
  // Only a suspended VM has devices before it runs: those that its guest knows of.
  const suspended = vm.power_state === 'Suspended'
  const ref = state.database.create('VBD', {
    ...args,
    userdevice: slot,
    currently_attached: suspended && args.currently_attached === true,
    device: suspended ? (args.device ?? '') : '',
    ...(empty ? { VDI: NULL_REF } : {}),
    other_config: { ...args.other_config, ...(type === 'Disk' ? { owner: '' } : {}) },
    allowed_operations: ['attach', 'unpause', 'pause'],
  })
  if (!empty) refreshVdi(state, args.VDI ?? NULL_REF)
  return ref
}

const assertRunning = (state: State, ref: Ref) => {
  const { VM } = state.database.get('VBD', ref)
  const { power_state } = state.database.get('VM', VM)
  if (power_state !== 'Running') throw badPowerState(VM, ['Running'], power_state)
}

const plug = ({ state }: Call, self: Ref) => {
  const vbd = state.database.get('VBD', self)
  assertRunning(state, self)
  if (vbd.currently_attached) throw new XapiError('DEVICE_ALREADY_ATTACHED', self)
  if (vbd.empty) throw new XapiError('VBD_IS_EMPTY', self)
  const others = attachments(state, vbd.VDI)
  const conflict =
    vbd.mode === 'RW'
      ? others.length > 0
      : others.some(other => state.database.get('VBD', other).mode === 'RW')
  if (conflict) throw new XapiError('VDI_IN_USE', vbd.VDI, 'attach')
  state.database.update('VBD', self, {
    currently_attached: true,
    device: /^\d+$/.test(vbd.userdevice) ? deviceName(vbd.userdevice) : 'xvda',
    allowed_operations: ['attach', 'unpause', 'pause', 'unplug', 'unplug_force'],
  })
  refreshVdi(state, vbd.VDI)
}

const unplug = ({ state }: Call, self: Ref) => {
  const vbd = state.database.get('VBD', self)
  assertRunning(state, self)
  if (!vbd.currently_attached) throw new XapiError('DEVICE_ALREADY_DETACHED', self)
  if (!vbd.unpluggable) throw new XapiError('VBD_NOT_UNPLUGGABLE', self)
  state.database.update('VBD', self, {
    currently_attached: false,
    device: '',
    allowed_operations: ['attach', 'unpause', 'pause'],
  })
  refreshVdi(state, vbd.VDI)
}

export const vbd: Implementation<Messages['VBD']> = {
  create: (call, args) => createVbd(call, args as Fields),
  destroy: ({ state }, self) => {
    const { currently_attached, VDI, VM } = state.database.get('VBD', self)
    if (currently_attached)
      throw new XapiError('OPERATION_NOT_ALLOWED', `VBD '${self}' still attached to '${VM}'`)
    state.database.remove('VBD', self)
    refreshVdi(state, VDI)
    refreshVm(state, VM)
  },
  plug,
  unplug,
  unplug_force: unplug,
  insert: ({ state }, self, vdi) => {
    const { type, empty } = state.database.get('VBD', self)
    if (type !== 'CD') throw new XapiError('VBD_NOT_REMOVABLE_MEDIA', self)
    if (!empty) throw new XapiError('VBD_NOT_EMPTY', self)
    state.database.get('VDI', vdi)
    state.database.update('VBD', self, { VDI: vdi, empty: false })
  },
  eject: ({ state }, self) => {
    const { type, empty } = state.database.get('VBD', self)
    if (type !== 'CD') throw new XapiError('VBD_NOT_REMOVABLE_MEDIA', self)
    if (empty) throw new XapiError('VBD_IS_EMPTY', self)
    state.database.update('VBD', self, { VDI: NULL_REF, empty: true, currently_attached: false })
  },
  set_mode: ({ state }, self, value) => state.database.update('VBD', self, { mode: value }),
  assert_attachable: ({ state }, self) => {
    state.database.get('VBD', self)
  },
}
