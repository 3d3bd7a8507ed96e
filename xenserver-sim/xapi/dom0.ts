import { refOf } from '../identifiers.ts'
import type { SimHost, State } from '../state.ts'
import { XapiError } from './errors.ts'
import { refreshVdi } from './locks.ts'
import type { Ref } from './records/index.ts'
import { attachments, claims } from './vdi-rules.ts'

/** Ends an attachment. The disk stays attached for some seconds more, as dom0 lets go late. */
export type Detach = () => void

/**
 * Plugs a disk into a host's control domain, as every stream and NBD connection does. Throws VDI_IN_USE when the disk is
 * in use read-write (or, for a read-write attachment, in use at all), VDI_INCOMPATIBLE_TYPE when it has no data left.
 */
export const attachToDom0 = (
  state: State,
  host: SimHost,
  vdiRef: Ref,
  mode: 'RO' | 'RW',
  reason: string,
): Detach => {
  const vdi = state.database.get('VDI', vdiRef)
  if (!isPlugged(state, host, vdi.SR))
    throw new XapiError(
      'SR_BACKEND_FAILURE_46',
      '',
      'The VDI is not available [opterr=The SR is not attached to this host]',
      '',
    )
  if (vdi.type === 'cbt_metadata') throw new XapiError('VDI_INCOMPATIBLE_TYPE', vdiRef, vdi.type)
  const inUse = (mode === 'RW' ? claims : attachments)(state, vdiRef).some(
    ref => mode === 'RW' || state.database.get('VBD', ref).mode === 'RW',
  )
  if (inUse || Object.values(vdi.current_operations).includes('destroy'))
    throw new XapiError('VDI_IN_USE', vdiRef, reason)
  if (mode === 'RW' && (vdi.read_only || vdi.is_a_snapshot))
    throw new XapiError('VDI_READONLY', vdiRef)

  const vbd = state.database.create('VBD', {
    VM: state.database.get('host', host.ref).control_domain,
    VDI: vdiRef,
    device: 'sm/backend',
    userdevice: 'autodetect',
    mode,
    type: 'Disk',
    unpluggable: true,
    currently_attached: true,
  })
  refreshVdi(state, vdiRef)
  let attached = true
  return () => {
    if (!attached) return
    attached = false
    // A host without power lets go of nothing: the record stays until it is back, or HA has given it up.
    if (state.runtime.dead.has(host.ref)) return
    setTimeout(() => release(state, vbd, vdiRef), state.timing.dom0Linger).unref()
  }
}

/** What hung on a host's control domain is gone, as when the host starts anew or HA has given it up. */
export const releaseAllOf = (state: State, host: SimHost): void => {
  const { control_domain } = state.database.get('host', host.ref)
  for (const [ref, vbd] of [...state.database.all('VBD')])
    if (vbd.VM === control_domain) release(state, ref, vbd.VDI)
}

const release = (state: State, vbd: Ref, vdi: Ref) => {
  if (state.database.find('VBD', vbd)) state.database.remove('VBD', vbd)
  refreshVdi(state, vdi)
}

/** Whether the host has the storage repository attached. */
export const isPlugged = (state: State, host: SimHost, sr: Ref): boolean =>
  state.database.get('SR', sr).PBDs.some(ref => {
    const pbd = state.database.get('PBD', ref)
    return pbd.host === host.ref && pbd.currently_attached
  })

/** A disk named by reference or by uuid. Throws HANDLE_INVALID or UUID_INVALID. */
export const vdiByRefOrUuid = (state: State, name: string): Ref => {
  if (name.startsWith('OpaqueRef:')) {
    state.database.get('VDI', name)
    return name
  }
  return state.database.find('VDI', refOf(name)) ? refOf(name) : state.database.byUuid('VDI', name)
}
