import { NULL_REF } from '../../identifiers.ts'
import type { SimHost, State } from '../../state.ts'
import { XapiError } from '../errors.ts'
import type { Implementation } from '../implementation.ts'
import { hostOf } from '../pool-hosts.ts'
import type { Messages, Ref } from '../records/index.ts'
import { freeMemory } from '../vm-life.ts'

const assertStorage = (state: State, vm: Ref, host: Ref) => {
  for (const ref of state.database.get('VM', vm).VBDs) {
    const vbd = state.database.get('VBD', ref)
    if (vbd.empty) continue
    const { SR } = state.database.get('VDI', vbd.VDI)
    const plugged = state.database.get('SR', SR).PBDs.some(pbdRef => {
      const pbd = state.database.get('PBD', pbdRef)
      return pbd.host === host && pbd.currently_attached
    })
    if (!plugged) throw new XapiError('VM_REQUIRES_SR', vm, SR)
  }
}

const assertNetworks = (state: State, vm: Ref, host: Ref) => {
  for (const ref of state.database.get('VM', vm).VIFs) {
    const { network } = state.database.get('VIF', ref)
    const { PIFs } = state.database.get('network', network)
    // A network without any interface is internal and exists everywhere.
    const here = PIFs.some(pif => state.database.get('PIF', pif).host === host)
    if (PIFs.length > 0 && !here) throw new XapiError('VM_REQUIRES_NETWORK', vm, network)
  }
}

/** Throws the first reason why the host cannot run the VM. */
export const assertCanBootHere = (state: State, vm: Ref, host: Ref): void => {
  const { enabled, metrics } = state.database.get('host', host)
  if (!state.database.find('host_metrics', metrics)?.live) throw new XapiError('HOST_NOT_LIVE')
  if (!enabled) throw new XapiError('HOST_DISABLED', host)
  assertStorage(state, vm, host)
  assertNetworks(state, vm, host)
  assertSameProcessor(state, vm, host)
  const { memory_dynamic_max, memory_overhead } = state.database.get('VM', vm)
  const needed = memory_dynamic_max + memory_overhead
  const available = freeMemory(state, host)
  if (needed > available)
    throw new XapiError('HOST_NOT_ENOUGH_FREE_MEMORY', String(needed), String(available))
}

/** Each bit that the guest has seen, the processor has to have. */
const hasFeatures = (host: string, vm: string): boolean => {
  const words = (text: string) => text.split('-').map(word => Number.parseInt(word || '0', 16))
  const there = words(host)
  return words(vm).every((word, index) => (word & ~(there[index] ?? 0)) === 0)
}

/** Throws VM_INCOMPATIBLE_WITH_THIS_HOST for a suspended VM whose memory was written on another kind of processor. */
const assertSameProcessor = (state: State, vm: Ref, host: Ref): void => {
  const { power_state, last_boot_CPU_flags: flags, domain_type } = state.database.get('VM', vm)
  if (power_state !== 'Suspended') return
  const { cpu_info } = state.database.get('host', host)
  const refuse = (why: string) => {
    throw new XapiError('VM_INCOMPATIBLE_WITH_THIS_HOST', vm, host, why)
  }
  if (flags.vendor && flags.vendor !== cpu_info.vendor)
    refuse('VM was last booted on a host which had a CPU from a different vendor.')
  const features = domain_type === 'pv' ? cpu_info.features_pv : cpu_info.features_hvm
  if (flags.features && !hasFeatures(features ?? '', flags.features))
    refuse("VM was last booted on a CPU with features this host's CPU does not have.")
}

const obstacle = (state: State, vm: Ref, host: Ref): XapiError | undefined => {
  try {
    assertCanBootHere(state, vm, host)
    return undefined
  } catch (error) {
    if (error instanceof XapiError) return error
    throw error
  }
}

const candidates = (state: State, vm: Ref) =>
  state.hosts.filter(host => !obstacle(state, vm, host.ref))

/**
 * The host to start the VM on: its affinity if possible, else the one with most free memory. Throws the one specific
 * reason when all hosts agree on it, else NO_HOSTS_AVAILABLE.
 */
export const chooseHost = (state: State, vm: Ref): SimHost => {
  const { affinity } = state.database.get('VM', vm)
  const possible = candidates(state, vm)
  const preferred = possible.find(host => affinity !== NULL_REF && host.ref === affinity)
  const roomiest = possible.sort((a, b) => freeMemory(state, b.ref) - freeMemory(state, a.ref))[0]
  const chosen = preferred ?? roomiest
  if (chosen) return chosen
  const reasons = state.hosts.map(host => obstacle(state, vm, host.ref))
  const first = reasons[0]
  if (first && reasons.every(reason => reason?.code === first.code)) throw first
  throw new XapiError('NO_HOSTS_AVAILABLE')
}

export const vmPlacement: Implementation<
  Pick<Messages['VM'], 'assert_can_boot_here' | 'get_possible_hosts'>
> = {
  assert_can_boot_here: ({ state }, self, host) =>
    assertCanBootHere(state, self, hostOf(state, host).ref),
  get_possible_hosts: ({ state }, vm) => candidates(state, vm).map(host => host.ref),
}
