import type { SimHost } from '../state.ts'
import { isPlugged } from '../xapi/dom0.ts'
import { XapiError } from '../xapi/errors.ts'
import type { Ref } from '../xapi/records/index.ts'
import { type HandlerContext, Redirect } from './context.ts'

/**
 * Lets the request pass when the contacted host sees all the storage repositories; throws a Redirect to one that does,
 * or NO_HOSTS_AVAILABLE.
 */
export const assertReachable = ({ state, host }: HandlerContext, srs: readonly Ref[]): void => {
  const sees = (candidate: SimHost) => srs.every(sr => isPlugged(state, candidate, sr))
  if (sees(host)) return
  const other = state.hosts.find(
    candidate => !state.runtime.dead.has(candidate.ref) && sees(candidate),
  )
  if (!other) throw new XapiError('NO_HOSTS_AVAILABLE')
  throw new Redirect(other.address)
}
