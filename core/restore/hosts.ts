import type { SrFact } from './storage.ts'

export interface HostFact {
  uuid: string
  name: string
  address: string
  /** Runs, and takes VMs. */
  ready: boolean
  /** host_metrics.memory_free, bytes. */
  freeMemory: number
  /** host.cpu_info. */
  cpu?: Readonly<Record<string, string>>
}

/**
 * The host that a restore writes through: one that reaches all its storage; of those the one with the fewest restores at work, then
 * the one with most free memory.
 * @param busy restores at work by the UUID of their host
 * @returns nothing where no host reaches it all: each disk is then sent to the coordinator, which says where to
 */
export const chooseHost = (
  hosts: readonly HostFact[],
  srs: Iterable<SrFact>,
  busy: ReadonlyMap<string, number> = new Map(),
): HostFact | undefined => {
  const needed = [...srs]
  const count = ({ uuid }: HostFact) => busy.get(uuid) ?? 0
  return hosts
    .filter(({ ready, uuid }) => ready && needed.every(sr => sr.hosts.includes(uuid)))
    .toSorted((a, b) => count(a) - count(b) || b.freeMemory - a.freeMemory)[0]
}
