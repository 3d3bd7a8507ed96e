import type { VifMetadata } from '../points/vm-metadata.ts'

export interface NetworkFact {
  uuid: string
  name: string
  /** VLAN tags of its PIFs. */
  vlans: readonly number[]
}

/** One interface and the network it goes to. Its MAC address is left to XAPI, which derives a new one. */
export interface VifPlan {
  vif: VifMetadata
  networkUuid: string
}

/**
 * Finds each network again: by UUID in the same pool, else by name. An interface whose network is nowhere, or could be one of
 * several, is left out: a guest on the wrong network does more harm than one on none.
 */
export const planVifs = (
  vifs: readonly VifMetadata[],
  networks: readonly NetworkFact[],
): { plans: VifPlan[]; notes: string[] } => {
  const plans: VifPlan[] = []
  const notes = vifs.length > 0 ? ['The network interfaces have new MAC addresses.'] : []
  for (const vif of vifs) {
    const found = candidates(vif, networks)
    const [network] = found
    if (network && found.length === 1) {
      plans.push({ vif, networkUuid: network.uuid })
      if (network.uuid !== vif.networkUuid)
        notes.push(`Network interface ${vif.device} is on "${network.name}", found by its name.`)
    } else
      notes.push(
        `Network interface ${vif.device} is left out: the pool has ${network ? `${found.length} networks` : 'no network'} "${vif.networkName}".`,
      )
  }
  return { plans, notes }
}

const candidates = (vif: VifMetadata, networks: readonly NetworkFact[]): NetworkFact[] => {
  const same = networks.filter(({ uuid }) => uuid === vif.networkUuid)
  if (same.length > 0) return same
  const named = networks.filter(({ name }) => name === vif.networkName)
  const onVlan = named.filter(({ vlans }) => vif.vlans?.some(vlan => vlans.includes(vlan)))
  return onVlan.length > 0 ? onVlan : named
}
