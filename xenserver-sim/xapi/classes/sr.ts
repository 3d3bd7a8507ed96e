import type { State } from '../../state.ts'
import { XapiError } from '../errors.ts'
import type { Implementation } from '../implementation.ts'
import type { Messages, Ref } from '../records/index.ts'

/** Reads the sizes anew from the disks, as a scan of the storage does. */
const rescan = (state: State, sr: Ref): void => {
  const { VDIs, PBDs } = state.database.get('SR', sr)
  if (PBDs.length === 0) throw new XapiError('SR_HAS_NO_PBDS', sr)
  let used = 0
  let promised = 0
  for (const ref of VDIs) {
    const { uuid, virtual_size } = state.database.get('VDI', ref)
    promised += virtual_size
    if (!state.disks.has(uuid)) continue
    const physical_utilisation = state.disks.physicalUtilisation(uuid)
    used += physical_utilisation
    state.database.update('VDI', ref, { physical_utilisation })
  }
  state.database.update('SR', sr, { physical_utilisation: used, virtual_allocation: promised })
}

export const sr: Implementation<Messages['SR']> = {
  scan: ({ state }, self) => rescan(state, self),
  update: ({ state }, self) => rescan(state, self),
  set_name_label: ({ state }, self, value) =>
    state.database.update('SR', self, { name_label: value }),
  set_name_description: ({ state }, self, value) =>
    state.database.update('SR', self, { name_description: value }),
  get_supported_types: ({ state }) => [...state.database.all('SM').values()].map(sm => sm.type),
}
