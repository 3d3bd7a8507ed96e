import type { DiskRule, Policy, Selection } from '../contracts/policies.ts'
import { isDiscarded } from '../site/provisioned-disks.ts'
import { DISCARDED_WHY } from './discarded.ts'
import { fitsPattern } from './name-pattern.ts'
import {
  type ReadySelector,
  readySelector,
  type SelectableVm,
  type SiteVms,
  type Surroundings,
} from './selector.ts'

/** What there is to choose from. */
export interface Inventory<T extends SelectableVm = SelectableVm> {
  vms: readonly T[]
  /** UUIDs of VMs that are standbys of replication and stand by. */
  standbys: ReadonlySet<string>
  /** All policies that there are, also the one that is asked about. */
  policies: readonly Policy[]
  /** What the sites that policies name take. */
  sites?: SiteVms
  /** UUIDs of VMs that a site leaves out on purpose: they are not meant to be protected. */
  meant?: ReadonlySet<string>
}

/** Whether a policy takes a VM, and why, in one sentence. */
export interface Verdict {
  chosen: boolean
  why: string
  /** It would be chosen, if anything of it were kept. */
  discarded?: true
}

export interface Members<T extends SelectableVm = SelectableVm> {
  /** In the order of the inventory. */
  chosen: { vm: T; why: string; excludedDisks: string[] }[]
  leftOut: { vm: T; why: string }[]
  /** How many of `leftOut` the selection takes; XenServer throws away what is written to them. */
  discarded: number
  /** UUIDs that the policy names and no pool has. */
  missing: string[]
}

/**
 * The VMs that a policy takes as the inventory stands, each with the reason, and those that it does not. A VM that appeared since the last run and
 * fits is a member.
 */
export const membersOf = <T extends SelectableVm>(
  policy: Pick<Policy, 'policyId' | 'selection' | 'excludeDisks'>,
  inventory: Inventory<T>,
): Members<T> => {
  const decide = readySelection(policy.selection)
  const around = surroundings(policy, inventory)
  const missing = missingOf(policy, inventory)
  const members: Members<T> = { chosen: [], leftOut: [], discarded: 0, missing }
  for (const vm of inventory.vms) {
    const verdict = decide(vm, around(vm))
    const { why } = verdict
    if (verdict.chosen)
      members.chosen.push({ vm, why, excludedDisks: excludedDisksOf(policy.excludeDisks, vm) })
    else members.leftOut.push({ vm, why })
    if (verdict.discarded) members.discarded++
  }
  return members
}

/** The policies that protect each VM of the inventory, by its UUID; VMs that none protects are missing. */
export const protection = (inventory: Inventory): Map<string, Policy[]> => {
  const { vms, policies } = inventory
  const by = new Map<string, Policy[]>()
  for (const policy of policies.filter(protects)) {
    const decide = readySelection(policy.selection)
    const around = surroundings(policy, inventory)
    for (const vm of vms)
      if (decide(vm, around(vm)).chosen) by.set(vm.uuid, [...(by.get(vm.uuid) ?? []), policy])
  }
  return by
}

/** Whether a policy backs up by itself: what only a person starts protects nobody who forgets. A pause is over some day. */
export const protects = ({
  enabled,
  schedule,
  after,
}: Pick<Policy, 'enabled' | 'schedule' | 'after'>): boolean =>
  enabled && (schedule !== undefined || after !== undefined)

/** VBD.userdevice of the disks that rules of a policy leave out. */
export const excludedDisksOf = (rules: readonly DiskRule[], vm: SelectableVm): string[] =>
  vm.disks.flatMap(disk =>
    rules.some(rule => fitsRule(rule, disk, vm.name)) ? [disk.userdevice] : [],
  )

const fitsRule = (
  { names, userdevices, sizeAtLeast, ofVms }: DiskRule,
  disk: SelectableVm['disks'][number],
  vmName: string,
): boolean =>
  (!names || names.some(pattern => fitsPattern(pattern, disk.name))) &&
  (!userdevices || userdevices.includes(disk.userdevice)) &&
  (sizeAtLeast === undefined || disk.size >= sizeAtLeast) &&
  (!ofVms || ofVms.some(pattern => fitsPattern(pattern, vmName)))

const readySelection = ({
  include,
  exclude,
}: Selection): ((vm: SelectableVm, around: Surroundings) => Verdict) => {
  const includes = include.map(readySelector)
  // Whoever excludes means standbys too.
  const excludes = exclude.map(selector => {
    const ready = readySelector(selector)
    return (vm: SelectableVm, around: Surroundings) => ready(vm, { ...around, isStandby: false })
  })
  return (vm, around) => {
    const taken = firstReason(includes, vm, around)
    if (taken === undefined)
      return {
        chosen: false,
        // Read only where somebody is told.
        get why() {
          return whyLeftOut(includes, vm, around)
        },
      }
    const excluded = firstReason(excludes, vm, around)
    if (excluded !== undefined) return { chosen: false, why: `Left out, because ${excluded}.` }
    if (isDiscarded(vm)) return { chosen: false, why: DISCARDED_WHY, discarded: true }
    return { chosen: true, why: `Taken, because ${taken}.` }
  }
}

/** Names what does not fit; of several selectors, each does not take it for a reason of its own. */
const whyLeftOut = (
  includes: readonly ReadySelector[],
  vm: SelectableVm,
  around: Surroundings,
): string => {
  if (around.isStandby && firstReason(includes, vm, { ...around, isStandby: false }) !== undefined)
    return 'Left out: it is the standby of a replication and holds what recovery points hold; name it by its UUID to back it up all the same.'
  const lacks = includes.flatMap(selector => {
    const found = selector(vm, { ...around, isStandby: false })
    return 'lacks' in found ? [found.lacks] : []
  })
  if (lacks.length === 1) return `Left out: the selector does not take it, because ${lacks[0]}.`
  const told = lacks.slice(0, TOLD).map((why, index) => `the ${index + 1}. because ${why}`)
  const more = lacks.length > TOLD ? `; nor do ${lacks.length - TOLD} more` : ''
  return `Left out: no selector takes it, ${told.join(', ')}${more}.`
}

/** Selectors whose reasons are told. */
const TOLD = 4

const firstReason = (
  selectors: readonly ReadySelector[],
  vm: SelectableVm,
  around: Surroundings,
): string | undefined => {
  for (const selector of selectors) {
    const found = selector(vm, around)
    if ('takes' in found) return found.takes
  }
  return undefined
}

/**
 * What the selectors of one policy have to know of each VM. Protected is a VM that a policy takes without asking whether it is protected: two policies for
 * what is left would otherwise each wait for the other.
 */
const surroundings = (
  { policyId, selection }: Pick<Policy, 'policyId' | 'selection'>,
  { vms, standbys, policies, sites }: Inventory,
): ((vm: SelectableVm) => Surroundings) => {
  const asks = [...selection.include, ...selection.exclude].some(({ unprotected }) => unprotected)
  if (!asks) return ({ uuid }) => ({ isStandby: standbys.has(uuid), isProtected: true, sites })
  const others = unconditional(policyId, policies)
  const safe = new Set(
    vms.flatMap(vm => {
      const around = { isStandby: standbys.has(vm.uuid), isProtected: true, sites }
      return others.some(decide => decide(vm, around).chosen) ? [vm.uuid] : []
    }),
  )
  return ({ uuid }) => ({
    ...{ isStandby: standbys.has(uuid), isProtected: safe.has(uuid), sites },
  })
}

const unconditional = (policyId: string, policies: readonly Policy[]) =>
  policies
    .filter(policy => policy.policyId !== policyId && protects(policy))
    .map(({ selection: { include, exclude } }) =>
      readySelection({ include: include.filter(({ unprotected }) => !unprotected), exclude }),
    )

const missingOf = (
  { selection: { include } }: Pick<Policy, 'selection'>,
  { vms }: Inventory,
): string[] => {
  const known = new Set(vms.map(({ uuid }) => uuid))
  return [...new Set(include.flatMap(selector => selector.vms ?? []))].filter(
    uuid => !known.has(uuid),
  )
}
