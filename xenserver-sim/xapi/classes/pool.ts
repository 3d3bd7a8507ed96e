import type { SimHost, State } from '../../state.ts'
import { XapiError } from '../errors.ts'
import type { Implementation } from '../implementation.ts'
import { hostOf, thePool } from '../pool-hosts.ts'
import type { Messages } from '../records/index.ts'
import { leaveMessage } from './message.ts'

/**
 * Makes a host the coordinator. Sessions and tasks live on the coordinator alone, so they end with its role, and
 * connections drop; every other reference stays valid.
 */
export const takeOver = (state: State, successor: SimHost): void => {
  const [ref, { uuid }] = thePool(state)
  state.database.update('pool', ref, { master: successor.ref })
  leaveMessage(state, 'POOL_MASTER_TRANSITION', 'Pool', uuid)
  state.sessions.closeAll()
  state.tasks.forgetAll()
  state.runtime.dropConnections()
}

export const pool: Implementation<Messages['pool']> = {
  // Every host reads the one database of this process: there is nothing to push.
  sync_database: () => {},
  designate_new_master: ({ state }, host) => {
    const successor = hostOf(state, host)
    if (successor.ref === thePool(state)[1].master) return
    if (state.runtime.dead.has(successor.ref)) throw new XapiError('HOST_OFFLINE', successor.ref)
    setTimeout(() => takeOver(state, successor), state.timing.power)
  },
}
