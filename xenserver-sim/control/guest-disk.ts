import { NULL_REF } from '../identifiers.ts'
import type { State } from '../state.ts'
import { XapiError } from '../xapi/errors.ts'
import type { VDIRecord } from '../xapi/records/index.ts'

/** The disk a request means: `vm=<uuid>&device=<slot>`. Throws UUID_INVALID or INVALID_DEVICE. */
export const guestDisk = (state: State, query: URLSearchParams): Readonly<VDIRecord> => {
  const vm = state.database.byUuid('VM', query.get('vm') ?? '')
  const device = query.get('device') ?? '0'
  const vbd = state.database
    .get('VM', vm)
    .VBDs.map(ref => state.database.get('VBD', ref))
    .find(({ userdevice, VDI }) => userdevice === device && VDI !== NULL_REF)
  if (!vbd) throw new XapiError('INVALID_DEVICE', device)
  return state.database.get('VDI', vbd.VDI)
}
