import type { RestoreWishes } from '../contracts/restore.ts'
import { RestoreNetworkError, RestoreNoSuchPartError } from '../errors/restore.ts'
import type { VifMetadata } from '../points/vm-metadata.ts'

export interface NetworkFact {
  uuid: string
  name: string
  /** VLAN tags of its PIFs. */
  vlans: readonly number[]
}

/** One interface, the network it goes to, and its MAC address; empty where XAPI derives a new one. */
export interface VifPlan {
  vif: VifMetadata
  networkUuid: string
  mac: string
}

type Wishes = Pick<RestoreWishes, 'identity' | 'networks' | 'missingNetworks' | 'macs' | 'resume'>

/**
 * Finds each network again: the one that is asked for, else by UUID in the same pool, else by name. An interface whose network is
 * nowhere, or could be one of several, is left out: a guest on the wrong network does more harm than one on none.
 * @throws `RESTORE_NETWORK` where a network was asked for by name, or missing ones are to be refused; `RESTORE_NO_SUCH_PART`
 */
export const planVifs = (
  vifs: readonly VifMetadata[],
  networks: readonly NetworkFact[],
  wishes: Wishes = {},
): { plans: VifPlan[]; notes: string[] } => {
  guardDevices(vifs, wishes)
  // What a guest has in its memory goes on.
  const kept = wishes.identity === 'same' || wishes.resume
  const keepMacs = (wishes.macs ?? (kept ? 'keep' : 'new')) === 'keep'
  const plans: VifPlan[] = []
  const notes: string[] = []
  for (const vif of vifs) {
    const wish = wishes.networks?.[vif.device]
    if (wish === 'none') {
      notes.push(`Network interface ${vif.device} is left out, as asked.`)
      continue
    }
    const found = wish === undefined ? candidates(vif, networks) : named(wish, networks)
    const [network] = found
    if (network && found.length === 1) {
      plans.push({ vif, networkUuid: network.uuid, mac: keepMacs ? vif.mac : '' })
      const how = wish === undefined ? 'found by its name' : 'as asked'
      if (network.uuid !== vif.networkUuid)
        notes.push(`Network interface ${vif.device} is on "${network.name}", ${how}.`)
    } else if (wish !== undefined || wishes.missingNetworks === 'refuse')
      throw new RestoreNetworkError(vif.device, wish ?? vif.networkName, found.length)
    else
      notes.push(
        `Network interface ${vif.device} is left out: the pool has ${network ? `${found.length} networks` : 'no network'} "${vif.networkName}".`,
      )
  }
  return { plans, notes: [...macNotes(plans, keepMacs, wishes), ...notes] }
}

const macNotes = (plans: readonly VifPlan[], keep: boolean, { identity }: Wishes): string[] => {
  if (plans.length === 0) return []
  if (!keep) return ['The network interfaces have new MAC addresses.']
  return identity === 'same'
    ? []
    : [
        'The network interfaces keep their MAC addresses: do not run this VM beside the one that was backed up.',
      ]
}

const guardDevices = (vifs: readonly VifMetadata[], { networks = {} }: Wishes): void => {
  const devices = vifs.map(({ device }) => device)
  const unknown = Object.keys(networks).find(device => !devices.includes(device))
  if (unknown !== undefined)
    throw new RestoreNoSuchPartError(`network interface "${unknown}"`, devices)
}

const named = (wish: string, networks: readonly NetworkFact[]): NetworkFact[] => {
  const same = networks.filter(({ uuid }) => uuid === wish)
  return same.length > 0 ? same : networks.filter(({ name }) => name === wish)
}

const candidates = (vif: VifMetadata, networks: readonly NetworkFact[]): NetworkFact[] => {
  const same = networks.filter(({ uuid }) => uuid === vif.networkUuid)
  if (same.length > 0) return same
  const byName = networks.filter(({ name }) => name === vif.networkName)
  const onVlan = byName.filter(({ vlans }) => vif.vlans?.some(vlan => vlans.includes(vlan)))
  return onVlan.length > 0 ? onVlan : byName
}
