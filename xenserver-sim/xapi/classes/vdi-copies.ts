import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import { refreshVdi } from '../locks.ts'
import type { Ref, VDIRecord } from '../records/index.ts'

const descend = (state: State, vdi: Readonly<VDIRecord>, fields: Partial<VDIRecord>): Ref => {
  const uuid = fields.uuid ?? state.newUuid()
  const ref = state.database.create('VDI', {
    ...vdi,
    uuid,
    location: uuid,
    current_operations: {},
    allowed_operations: [],
    crash_dumps: [],
    parent: NULL_REF,
    physical_utilisation: state.disks.physicalUtilisation(uuid),
    ...fields,
  })
  refreshVdi(state, ref)
  return ref
}

/** Takes a snapshot of one disk at once: its view of this moment, part of the same CBT era. */
export const snapshotVdi = (state: State, ref: Ref): Ref => {
  const vdi = state.database.get('VDI', ref)
  const uuid = state.newUuid()
  state.disks.snapshot(vdi.uuid, uuid)
  return descend(state, vdi, {
    uuid,
    is_a_snapshot: true,
    // A snapshot of a snapshot names the live disk.
    snapshot_of: vdi.is_a_snapshot ? vdi.snapshot_of : ref,
    snapshot_time: state.clock(),
    read_only: true,
  })
}

/** A writable copy-on-write copy without changed-block tracking. */
export const cloneVdi = (state: State, ref: Ref): Ref => {
  const vdi = state.database.get('VDI', ref)
  const uuid = state.newUuid()
  state.disks.clone(vdi.uuid, uuid)
  return descend(state, vdi, {
    uuid,
    is_a_snapshot: false,
    snapshot_of: NULL_REF,
    snapshot_time: new Date(0),
    read_only: false,
    cbt_enabled: false,
  })
}

const PIECE = 2 * 1024 * 1024

/** A full copy of the data into a new disk on the given repository. */
export const copyVdi = async (state: State, ref: Ref, sr: Ref): Promise<Ref> => {
  const vdi = state.database.get('VDI', ref)
  const uuid = state.newUuid()
  state.disks.createEmpty(uuid, vdi.virtual_size)
  await copyData(state, vdi.uuid, uuid)
  return descend(state, vdi, {
    uuid,
    SR: sr,
    is_a_snapshot: false,
    snapshot_of: NULL_REF,
    snapshot_time: new Date(0),
    read_only: false,
    cbt_enabled: false,
  })
}

/** Writes what one disk holds into another at least as large. */
export const copyData = async (state: State, from: string, to: string): Promise<void> => {
  const size = state.disks.size(from)
  for (const block of await state.disks.allocatedBlocks(from)) {
    const offset = block * PIECE
    const data = await state.disks.read(from, offset, Math.min(PIECE, size - offset))
    await state.disks.write(to, offset, data)
  }
}

/** Removes disk and record; VDIs that were its snapshots keep their dangling `snapshot_of`. */
export const removeVdi = (state: State, ref: Ref): void => {
  const { uuid, VBDs } = state.database.get('VDI', ref)
  // A VBD of a halted VM goes with its disk; a CD drive is left empty.
  for (const vbd of VBDs)
    if (state.database.get('VBD', vbd).type === 'CD')
      state.database.update('VBD', vbd, { VDI: NULL_REF, empty: true })
    else state.database.remove('VBD', vbd)
  state.database.remove('VDI', ref)
  if (state.disks.has(uuid)) state.disks.destroy(uuid)
}
