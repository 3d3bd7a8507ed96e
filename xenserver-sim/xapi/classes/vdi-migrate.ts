import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import { pause } from '../../wait.ts'
import { XapiError } from '../errors.ts'
import type { Call, Implementation } from '../implementation.ts'
import { refreshVdi, withVmOperation } from '../locks.ts'
import type { Messages, Ref } from '../records/index.ts'
import { cloneVdi, removeVdi } from './vdi-copies.ts'

const ownerOf = (state: State, vdi: Ref): Ref | undefined =>
  state.database
    .get('VDI', vdi)
    .VBDs.map(ref => state.database.get('VBD', ref).VM)
    .find(vm => !state.database.get('VM', vm).is_control_domain)

/** The disk is another one afterwards, in everything but its content: new reference, new uuid, no changed-block tracking. */
const move = (state: State, from: Ref, sr: Ref): Ref => {
  const { VBDs, uuid } = state.database.get('VDI', from)
  const to = cloneVdi(state, from)
  state.database.update('VDI', to, { SR: sr })
  for (const ref of VBDs) state.database.update('VBD', ref, { VDI: to })
  for (const [ref, { snapshot_of }] of [...state.database.all('VDI')])
    if (snapshot_of === from) state.database.update('VDI', ref, { snapshot_of: to })
  removeVdi(state, from)
  if (state.disks.has(uuid)) state.disks.destroy(uuid)
  refreshVdi(state, to)
  return to
}

export const vdiMigrate: Implementation<Pick<Messages['VDI'], 'pool_migrate'>> = {
  /** Moves a disk to another storage repository while its VM runs. Throws VDI_CBT_ENABLED, OPERATION_BLOCKED. */
  pool_migrate: async ({ state, task }: Call, vdi, sr) => {
    const { cbt_enabled, SR } = state.database.get('VDI', vdi)
    const { PBDs, type } = state.database.get('SR', sr)
    if (cbt_enabled) throw new XapiError('VDI_CBT_ENABLED', vdi)
    if (sr === SR || sr === NULL_REF || PBDs.length === 0)
      throw new XapiError('SR_OPERATION_NOT_SUPPORTED', sr)
    if (type === 'iso') throw new XapiError('SR_OPERATION_NOT_SUPPORTED', sr)
    const vm = ownerOf(state, vdi)
    if (!vm) throw new XapiError('VDI_IS_NOT_ATTACHED', vdi)
    return withVmOperation(state, vm, 'migrate_send', task, async () => {
      await pause(state, state.timing.power)
      return move(state, vdi, sr)
    })
  },
}
