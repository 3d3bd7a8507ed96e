import type { SiteTask } from '../contracts/site-graph.ts'
import type { ClassifiableVm } from './classify.ts'

/** Of a VM or a custom template of the inventory, what a site looks at. */
export interface SiteVm extends ClassifiableVm {
  poolUuid: string
  poolName: string
  tags: readonly string[]
}

export interface SitePool {
  uuid: string
  name: string
  hosts: readonly { uuid: string; name: string; live: boolean }[]
}

/** What gateways told of all pools. */
export interface SiteInventory<T extends SiteVm = SiteVm> {
  vms: readonly T[]
  /** Custom ones. */
  templates: readonly T[]
  pools: readonly SitePool[]
  /** UUIDs of VMs that are standbys of replication and stand by. */
  standbys: ReadonlySet<string>
}

type WithoutOrder<T> = T extends unknown ? Omit<T, 'after' | 'apart'> : never

/** A task before its place among the others is known. */
export type Draft = WithoutOrder<SiteTask>

/** How long an agent may be silent before nothing is asked of it, in ms: a restart of its machine takes less. */
export const SILENT_MS = 10 * 60_000

const TEXT = 1_000 // characters of a sentence (core/contracts/site-graph.ts)
export const clip = (text: string, max = TEXT): string =>
  text.length <= max ? text : `${text.slice(0, max - 2)} …`
