import type { State } from '../state.ts'
import { leaveMessage } from './classes/message.ts'
import type { Ref } from './records/index.ts'

/**
 * What SM does with a log of changed blocks that a crash has left open, when the disk is attached for writing again: it switches tracking
 * off and says so.
 */
export const dropBrokenLog = (state: State, ref: Ref): void => {
  const vdi = state.database.find('VDI', ref)
  if (!vdi?.cbt_enabled || state.disks.cbtConsistent(vdi.uuid)) return
  state.disks.disableCbt(vdi.uuid)
  state.database.update('VDI', ref, { cbt_enabled: false })
  const text = `Changed Block Tracking metadata is inconsistent for disk ${vdi.uuid}.`
  leaveMessage(state, 'VDI_CBT_METADATA_INCONSISTENT', 'VDI', vdi.uuid, text)
}
