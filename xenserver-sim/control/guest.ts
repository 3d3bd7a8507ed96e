import { NULL_REF } from '../identifiers.ts'
import { type GuestBehaviour, ordinaryGuest, type State } from '../state.ts'
import { refreshVm } from '../xapi/locks.ts'

/** Changes how a VM's guest behaves from now on; returns the whole behaviour. Throws UUID_INVALID. */
export const changeGuest = (
  state: State,
  uuid: string,
  change: Partial<GuestBehaviour>,
): GuestBehaviour => {
  const vm = state.database.byUuid('VM', uuid)
  const guest = { ...ordinaryGuest, ...state.guests.get(uuid), ...change }
  state.guests.set(uuid, guest)
  // A guest without tools reports nothing.
  if (!guest.tools) state.database.update('VM', vm, { guest_metrics: NULL_REF })
  refreshVm(state, vm)
  return guest
}
