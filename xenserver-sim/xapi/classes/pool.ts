import { NULL_REF } from '../../identifiers.ts'
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
  enable_ha: ({ state }, heartbeat_srs, configuration) => {
    const [sr = NULL_REF] = heartbeat_srs
    if (heartbeat_srs.length > 0 && !state.database.get('SR', sr).shared)
      throw new XapiError('SR_OPERATION_NOT_SUPPORTED', sr)
    const [ref] = thePool(state)
    const tolerated = Math.max(0, state.hosts.length - 1)
    state.database.update('pool', ref, {
      ha_enabled: true,
      ha_configuration: { ...configuration },
      ha_host_failures_to_tolerate: tolerated,
      ha_plan_exists_for: tolerated,
    })
  },
  disable_ha: ({ state }) => {
    const [ref] = thePool(state)
    state.database.update('pool', ref, {
      ha_enabled: false,
      ha_configuration: {},
      ha_host_failures_to_tolerate: 0,
      ha_plan_exists_for: 0,
    })
  },
  set_ha_host_failures_to_tolerate: ({ state }, self, value) =>
    state.database.update('pool', self, { ha_host_failures_to_tolerate: value }),
  designate_new_master: ({ state }, host) => {
    const successor = hostOf(state, host)
    if (successor.ref === thePool(state)[1].master) return
    if (state.runtime.dead.has(successor.ref)) throw new XapiError('HOST_OFFLINE', successor.ref)
    setTimeout(() => takeOver(state, successor), state.timing.power)
  },
}
