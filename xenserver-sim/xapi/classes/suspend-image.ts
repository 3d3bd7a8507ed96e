import { createCipheriv, createHash } from 'node:crypto'
import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import { XapiError } from '../errors.ts'
import { thePool } from '../pool-hosts.ts'
import type { Ref } from '../records/index.ts'
import { removeVdi } from './vdi-copies.ts'

const WRITTEN = 1024 * 1024 // bytes of pretended memory; the rest of the image stays empty

/** Writes a VM's memory to a new disk on its suspend repository. Throws VM_NO_SUSPEND_SR. */
export const createSuspendImage = async (state: State, vm: Ref): Promise<Ref> => {
  const { suspend_SR, memory_static_max, uuid: owner } = state.database.get('VM', vm)
  const sr = suspend_SR !== NULL_REF ? suspend_SR : thePool(state)[1].suspend_image_SR
  if (!state.database.find('SR', sr)) throw new XapiError('VM_NO_SUSPEND_SR', vm)
  const uuid = state.newUuid()
  state.disks.createEmpty(uuid, memory_static_max)
  const key = createHash('sha256').update(`memory of ${owner}`).digest()
  const noise = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  await state.disks.write(uuid, 0, noise.update(Buffer.alloc(Math.min(WRITTEN, memory_static_max))))
  return state.database.create('VDI', {
    uuid,
    location: uuid,
    name_label: 'Suspend image',
    name_description: 'Suspend image',
    SR: sr,
    type: 'suspend',
    virtual_size: memory_static_max,
    physical_utilisation: state.disks.physicalUtilisation(uuid),
    managed: true,
  })
}

/** Forgets a VM's memory image, once it runs again or is switched off. */
export const dropSuspendImage = (state: State, vm: Ref): void => {
  const { suspend_VDI } = state.database.get('VM', vm)
  if (suspend_VDI === NULL_REF) return
  state.database.update('VM', vm, { suspend_VDI: NULL_REF })
  if (state.database.find('VDI', suspend_VDI)) removeVdi(state, suspend_VDI)
}
