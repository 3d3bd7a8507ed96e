import type { Implementation } from '../implementation.ts'
import { hostOf } from '../pool-hosts.ts'
import type { Messages } from '../records/index.ts'
import { freeMemory } from '../vm-life.ts'

export const host: Implementation<Messages['host']> = {
  get_server_certificate: ({ state }, self) => hostOf(state, self).certificate.certificatePem,
  get_servertime: ({ state }, self) => {
    state.database.get('host', self)
    return state.clock()
  },
  get_server_localtime: ({ state }, self) => {
    state.database.get('host', self)
    return state.clock()
  },
  compute_free_memory: ({ state }, self) => freeMemory(state, self),
  compute_memory_overhead: ({ state }, self) => state.database.get('host', self).memory_overhead,
  enable: ({ state }, self) => state.database.update('host', self, { enabled: true }),
  disable: ({ state }, self) => state.database.update('host', self, { enabled: false }),
  get_management_interface: ({ state }, self) =>
    state.database.get('host', self).PIFs.find(pif => state.database.get('PIF', pif).management) ??
    'OpaqueRef:NULL',
}
