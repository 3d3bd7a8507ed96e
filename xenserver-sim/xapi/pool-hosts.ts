import type { SimHost, State } from '../state.ts'
import { XapiError } from './errors.ts'
import type { PoolRecord, Ref } from './records/index.ts'

/** The one pool record. */
export const thePool = (state: State): readonly [Ref, Readonly<PoolRecord>] => {
  const [pool] = state.database.all('pool')
  if (!pool) throw new XapiError('INTERNAL_ERROR', 'There is no pool record.')
  return pool
}

export const coordinatorOf = (state: State): SimHost => hostOf(state, thePool(state)[1].master)

/** Throws HANDLE_INVALID [host, ref]. */
export const hostOf = (state: State, ref: Ref): SimHost => {
  const found = state.hosts.find(host => host.ref === ref)
  if (!found) throw new XapiError('HANDLE_INVALID', 'host', ref)
  return found
}
