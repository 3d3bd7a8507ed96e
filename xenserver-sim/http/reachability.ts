import { XapiError } from '../xapi/errors.ts'
import type { Ref } from '../xapi/records/index.ts'
import { type HandlerContext, Redirect } from './context.ts'

/**
 * Lets the request pass when the contacted host sees all the storage repositories; throws a Redirect to one that does,
 * or NO_HOSTS_AVAILABLE.
 */
export const assertReachable = ({ state, host }: HandlerContext, srs: readonly Ref[]): void => {
  const sees = (candidate: Ref) =>
    srs.every(sr =>
      state.database.get('SR', sr).PBDs.some(ref => {
        const pbd = state.database.get('PBD', ref)
        return pbd.host === candidate && pbd.currently_attached
      }),
    )
  if (sees(host.ref)) return
  const other = state.hosts.find(candidate => sees(candidate.ref))
  if (!other) throw new XapiError('NO_HOSTS_AVAILABLE')
  throw new Redirect(other.address)
}
