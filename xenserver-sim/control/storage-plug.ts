import type { State } from '../state.ts'
import { XapiError } from '../xapi/errors.ts'
import { hostByUuid } from './host-death.ts'

/** Pulls a storage repository away from all hosts or one, or gives it back, whoever is using it: a cable, not an administrator. */
export const plugStorage = (state: State, query: URLSearchParams, attached: boolean): number => {
  const srUuid = query.get('sr') ?? ''
  const sr = [...state.database.all('SR')].find(([, { uuid }]) => uuid === srUuid)?.[0]
  if (!sr) throw new XapiError('UUID_INVALID', 'SR', srUuid)
  const only = query.get('host') === null ? undefined : hostByUuid(state, query.get('host')).ref
  const PBDs = state.database
    .get('SR', sr)
    .PBDs.filter(ref => only === undefined || state.database.get('PBD', ref).host === only)
  for (const ref of PBDs) state.database.update('PBD', ref, { currently_attached: attached })
  return PBDs.length
}
