import type { SimHost, State } from '../state.ts'
import { takeOver } from '../xapi/classes/pool.ts'
import { XapiError } from '../xapi/errors.ts'

/** Throws UUID_INVALID [host, uuid]. */
export const hostByUuid = (state: State, uuid: string | null): SimHost => {
  const host = state.hosts.find(h => h.uuid === uuid)
  if (!host) throw new XapiError('UUID_INVALID', 'host', uuid ?? '')
  return host
}

const setLive = (state: State, host: SimHost, live: boolean) => {
  const { metrics } = state.database.get('host', host.ref)
  state.database.update('host_metrics', metrics, { live })
}

/**
 * Cuts a host's power: its sockets close at once, its tasks stay pending and its VMs keep saying Running with a stale
 * `resident_on`, as without HA. XAPI takes 10 minutes to notice; here `live` turns false at once.
 * With a successor the role of coordinator moves, as HA would see to.
 */
export const killHost = async (state: State, host: SimHost, successor?: SimHost): Promise<void> => {
  state.runtime.dead.add(host.ref)
  setLive(state, host, false)
  if (successor) takeOver(state, successor)
  await state.runtime.silence(host)
}

/** The host comes back: the tasks it left unfinished are marked cancelled. */
export const reviveHost = async (state: State, host: SimHost): Promise<void> => {
  if (!state.runtime.dead.delete(host.ref)) return
  for (const [ref, task] of [...state.database.all('task')])
    if (task.resident_on === host.ref && task.status === 'pending')
      state.tasks.fail(ref, new XapiError('TASK_CANCELLED', ref))
  setLive(state, host, true)
  await state.runtime.speak(host)
}
