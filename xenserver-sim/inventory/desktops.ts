import type { State } from '../state.ts'
import type { Ref } from '../xapi/records/index.ts'
import {
  addDevices,
  addVdiRecord,
  addVmRecord,
  attach,
  finish,
  type Placement,
} from './virtual-machines.ts'

export interface DesktopSpec {
  readonly name: string
  /** The VM that its image is made of. */
  readonly of: string
  /** `pooled`: its system disk is reset at each boot. */
  readonly kind: 'pooled' | 'dedicated'
}

/** bytes; the same for every machine */
const IDENTITY_SIZE = 16 * 1024 ** 2

/**
 * Makes desktops as Citrix Machine Creation Services does: the system disk is a clone of one image for all of a kind, beside it stands an identity disk, and both and the VM
 * bear the scheme in a tag. The image itself is no object, as a hidden node of a chain of VHDs need not be.
 */
export const desktopMaker = (
  state: State,
  { sr, network }: Placement,
): ((desktop: DesktopSpec, image: Ref) => Ref) => {
  const made = new Map<string, { scheme: string; base: string }>()
  return ({ name, of, kind }, image) => {
    const key = `${kind} ${of}`
    const catalog = made.get(key) ?? { scheme: state.newUuid(), base: state.newUuid() }
    made.set(key, catalog)
    const tags = [`CitrixProvisioningSchemeId:${catalog.scheme}`]
    const { database, disks } = state
    const source = database
      .get('VM', image)
      .VBDs.map(ref => database.get('VBD', ref))
      .find(({ type, userdevice }) => type === 'Disk' && userdevice === '0')
    if (!source) throw new Error(`The VM "${of}" has no disk to make "${name}" of.`)

    const vm = addVmRecord(state, name)
    const [system, identity] = [state.newUuid(), state.newUuid()]
    disks.clone(database.get('VDI', source.VDI).uuid, system)
    const systemRef = addVdiRecord(state, `${name} disk 0`, system, sr)
    const { sm_config } = database.get('VDI', systemRef)
    database.update('VDI', systemRef, {
      tags,
      sm_config: { ...sm_config, 'vhd-parent': catalog.base },
      ...(kind === 'pooled' && { on_boot: 'reset' as const }),
    })
    attach(state, vm, systemRef, 0)
    disks.createEmpty(identity, IDENTITY_SIZE)
    const identityRef = addVdiRecord(state, `${name} identity`, identity, sr)
    database.update('VDI', identityRef, { tags })
    attach(state, vm, identityRef, 1)
    database.update('VM', vm, { tags })
    addDevices(state, vm, network, 2)
    return finish(state, vm)
  }
}
