import { XapiError } from '../errors.ts'
import type { Implementation } from '../implementation.ts'
import type { Messages } from '../records/index.ts'

/** PVS accelerators. Sites of Citrix Provisioning are no objects here: any reference to one is taken. */
export const pvsProxy: Implementation<Pick<Messages['PVS_proxy'], 'create' | 'destroy'>> = {
  create: ({ state }, site, VIF) => {
    const { device } = state.database.get('VIF', VIF)
    // Only the first interface can boot from the network.
    if (device !== '0') throw new XapiError('INVALID_DEVICE', device)
    return state.database.create('PVS_proxy', { site, VIF })
  },
  destroy: ({ state }, self) => state.database.remove('PVS_proxy', self),
}
