import { XapiError } from '../errors.ts'
import type { Implementation } from '../implementation.ts'
import type { Messages } from '../records/index.ts'
import { attachments } from '../vdi-rules.ts'

export const pbd: Implementation<Messages['PBD']> = {
  plug: ({ state }, self) => state.database.update('PBD', self, { currently_attached: true }),
  unplug: ({ state }, self) => {
    const { SR } = state.database.get('PBD', self)
    const busy = state.database.get('SR', SR).VDIs.find(vdi => attachments(state, vdi).length > 0)
    if (busy) throw new XapiError('VDI_IN_USE', busy, 'attach')
    state.database.update('PBD', self, { currently_attached: false })
  },
  set_device_config: ({ state }, self, value) =>
    state.database.update('PBD', self, { device_config: value }),
}
