import type { State } from '../../state.ts'
import { XapiError } from '../errors.ts'
import type { AnyMessage, Implementation } from '../implementation.ts'
import { thePool } from '../pool-hosts.ts'
import type { Messages, Ref } from '../records/index.ts'
import { badPowerState } from '../vm-rules.ts'

const contents = new WeakMap<State, Map<Ref, string>>()
/** What the vTPMs hold, base64, by reference. */
export const vtpmContentsOf = (state: State) => {
  const found = contents.get(state) ?? new Map<Ref, string>()
  contents.set(state, found)
  return found
}

export const vtpm: Implementation<Messages['VTPM']> = {
  create: ({ state }, vm, is_unique) => {
    if (thePool(state)[1].restrictions.restrict_vtpm !== 'false')
      throw new XapiError('FEATURE_RESTRICTED', 'VTPM')
    const { power_state, VTPMs } = state.database.get('VM', vm)
    if (power_state !== 'Halted') throw badPowerState(vm, ['Halted'], power_state)
    if (VTPMs.length > 0) throw new XapiError('VTPM_MAX_AMOUNT_REACHED', '1')
    return state.database.create('VTPM', { VM: vm, is_unique })
  },
  destroy: ({ state }, self) => {
    const { VM } = state.database.get('VTPM', self)
    const { power_state } = state.database.get('VM', VM)
    if (power_state !== 'Halted' && power_state !== 'Suspended')
      throw badPowerState(VM, ['Halted', 'Suspended'], power_state)
    state.database.remove('VTPM', self)
    vtpmContentsOf(state).delete(self)
  },
}

/** Served by every host but hidden from the published data model. */
export const vtpmContents: Record<string, AnyMessage> = {
  get_contents: ({ state }, self) => {
    state.database.get('VTPM', self as Ref)
    return vtpmContentsOf(state).get(self as Ref) ?? ''
  },
  set_contents: ({ state }, self, value) => {
    state.database.get('VTPM', self as Ref)
    vtpmContentsOf(state).set(self as Ref, value as string)
  },
}
