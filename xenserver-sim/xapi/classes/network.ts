import { XapiError } from '../errors.ts'
import type { Implementation } from '../implementation.ts'
import type { Messages, NetworkRecord } from '../records/index.ts'

export const network: Implementation<Messages['network']> = {
  create: ({ state }, args) => {
    const given = args as Partial<NetworkRecord>
    const bridge = given.bridge || `xapi${state.database.all('network').size}`
    return state.database.create('network', { ...given, bridge, managed: true })
  },
  destroy: ({ state }, self) => {
    const { VIFs, PIFs } = state.database.get('network', self)
    if (PIFs.length > 0) throw new XapiError('NETWORK_CONTAINS_PIF', PIFs[0] ?? '')
    if (VIFs.length > 0) throw new XapiError('NETWORK_CONTAINS_VIF', VIFs[0] ?? '')
    state.database.remove('network', self)
  },
  // Secure and insecure NBD exclude each other in the whole pool.
  add_purpose: ({ state }, self, value) => {
    const { purpose } = state.database.get('network', self)
    for (const other of state.database.all('network').values()) {
      const clash = other.purpose.find(p => p !== value)
      if (clash) throw new XapiError('NETWORK_INCOMPATIBLE_PURPOSES', clash, value)
    }
    if (!purpose.includes(value))
      state.database.update('network', self, { purpose: [...purpose, value] })
  },
  remove_purpose: ({ state }, self, value) => {
    const { purpose } = state.database.get('network', self)
    state.database.update('network', self, { purpose: purpose.filter(p => p !== value) })
  },
  set_default_locking_mode: ({ state }, self, value) =>
    state.database.update('network', self, { default_locking_mode: value }),
}
