import { createCipheriv, createHash } from 'node:crypto'
import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import { XapiError } from '../errors.ts'
import { thePool } from '../pool-hosts.ts'
import type { Ref } from '../records/index.ts'
import { removeVdi } from './vdi-copies.ts'

const WRITTEN = 1024 * 1024 // bytes of pretended memory; the rest of the image stays empty
const DIGEST = 32 // bytes of SHA-256 before it, by which a resume tells an image that is not whole

/** Writes a VM's memory to a new disk on its suspend repository. Throws VM_NO_SUSPEND_SR. */
export const createSuspendImage = async (state: State, vm: Ref): Promise<Ref> => {
  const { suspend_SR, memory_static_max, uuid: owner } = state.database.get('VM', vm)
  const sr = suspend_SR !== NULL_REF ? suspend_SR : thePool(state)[1].suspend_image_SR
  if (!state.database.find('SR', sr)) throw new XapiError('VM_NO_SUSPEND_SR', vm)
  const uuid = state.newUuid()
  state.disks.createEmpty(uuid, memory_static_max)
  const key = createHash('sha256').update(`memory of ${owner}`).digest()
  const noise = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const memory = noise.update(Buffer.alloc(Math.min(WRITTEN, memory_static_max) - DIGEST))
  const digest = createHash('sha256').update(memory).digest()
  await state.disks.write(uuid, 0, Buffer.concat([digest, memory]))
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

/**
 * Reads a VM's memory back. Throws INTERNAL_ERROR for an image that is not what a suspend wrote, as xenopsd does when it finds no
 * signature that it knows; the VM stays suspended.
 */
export const readSuspendImage = async (state: State, vm: Ref): Promise<void> => {
  const { suspend_VDI } = state.database.get('VM', vm)
  const { uuid, virtual_size } = state.database.get('VDI', suspend_VDI)
  const size = Math.min(WRITTEN, virtual_size)
  const image = Buffer.from(await state.disks.read(uuid, 0, size))
  const digest = createHash('sha256').update(image.subarray(DIGEST)).digest()
  if (!digest.equals(image.subarray(0, DIGEST)))
    throw new XapiError(
      'INTERNAL_ERROR',
      'xenopsd internal error: Xenops_interface.Xenopsd_error([S(Restore_signature_mismatch)])',
    )
}

/** Forgets a VM's memory image, once it runs again or is switched off. */
export const dropSuspendImage = (state: State, vm: Ref): void => {
  const { suspend_VDI } = state.database.get('VM', vm)
  if (suspend_VDI === NULL_REF) return
  state.database.update('VM', vm, { suspend_VDI: NULL_REF })
  if (state.database.find('VDI', suspend_VDI)) removeVdi(state, suspend_VDI)
}
