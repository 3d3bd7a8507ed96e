import { assertLicensed } from '../../licence.ts'
import type { State } from '../../state.ts'
import { nextChange } from '../../wait.ts'
import { XapiError } from '../errors.ts'
import type { Call, Implementation } from '../implementation.ts'
import { refreshVdi, withVdiOperation } from '../locks.ts'
import type { Messages, Ref, VDIRecord } from '../records/index.ts'

const update = (call: Call, vdi: Ref, fields: Partial<VDIRecord>) => {
  call.state.database.update('VDI', vdi, fields)
}

/** The snapshot VM still owning the disk counts as use; XAPI gives its VBDs 4 s to vanish. */
const waitUntilUnowned = async (state: State, vdi: Ref): Promise<void> => {
  const deadline = performance.now() + state.timing.dataDestroyWait
  while (state.database.get('VDI', vdi).VBDs.length > 0) {
    const left = deadline - performance.now()
    if (left <= 0) throw new XapiError('VDI_IN_USE', vdi, 'data_destroy')
    await nextChange(state, left)
  }
}

const dataDestroy = async (call: Call, self: Ref): Promise<void> => {
  const { state, task } = call
  const { is_a_snapshot, cbt_enabled, uuid } = state.database.get('VDI', self)
  if (!is_a_snapshot) throw new XapiError('OPERATION_NOT_ALLOWED', 'The VDI is no snapshot.')
  if (!cbt_enabled) throw new XapiError('VDI_NO_CBT_METADATA', self)
  await waitUntilUnowned(state, self)
  await withVdiOperation(state, self, 'data_destroy', task, async () => {
    state.disks.dataDestroy(uuid)
    update(call, self, {
      type: 'cbt_metadata',
      physical_utilisation: state.disks.physicalUtilisation(uuid),
    })
  })
}

const listChangedBlocks = ({ state, task }: Call, from: Ref, to: Ref): Promise<string> =>
  withVdiOperation(state, to, 'list_changed_blocks', task, async () => {
    const [source, target] = [state.database.get('VDI', from), state.database.get('VDI', to)]
    if (!source.cbt_enabled) throw new XapiError('VDI_NO_CBT_METADATA', from)
    if (!target.cbt_enabled) throw new XapiError('VDI_NO_CBT_METADATA', to)
    return state.disks.changedBlocks(source.uuid, target.uuid).toString('base64')
  })

type Cbt = 'enable_cbt' | 'disable_cbt' | 'data_destroy' | 'list_changed_blocks'

export const vdiCbt: Implementation<Pick<Messages['VDI'], Cbt>> = {
  enable_cbt: (call, self) =>
    withVdiOperation(call.state, self, 'enable_cbt', call.task, async () => {
      const { cbt_enabled, uuid } = call.state.database.get('VDI', self)
      if (cbt_enabled) return
      assertLicensed(call.state, 'cbt', 'CBT')
      call.state.disks.enableCbt(uuid)
      update(call, self, { cbt_enabled: true })
    }),
  disable_cbt: (call, self) =>
    withVdiOperation(call.state, self, 'disable_cbt', call.task, async () => {
      const { cbt_enabled, uuid } = call.state.database.get('VDI', self)
      if (!cbt_enabled) return
      call.state.disks.disableCbt(uuid)
      update(call, self, { cbt_enabled: false })
    }),
  data_destroy: async (call, self) => {
    await dataDestroy(call, self)
    refreshVdi(call.state, self)
  },
  list_changed_blocks: (call, vdi_from, vdi_to) => listChangedBlocks(call, vdi_from, vdi_to),
}
