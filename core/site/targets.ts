import type { SiteComponent, SiteVms } from '../contracts/site.ts'
import type { MachineCatalog, SiteGuest } from '../contracts/site-guest.ts'
import { nearNames } from '../inventory/resolve.ts'
import { charactersOf, readyPattern } from '../policies/name-pattern.ts'
import type { SiteInventory, SiteVm } from './known.ts'
import { byText } from './words.ts'

/** One object of many that have a UUID and a name. */
export type One<T> = { found: T } | { missing: string; near: string[] } | { several: string[] }

/** Finds what a text names: by UUID, or by an exact name that only one has. The order of `all` makes no difference. */
export const oneOf = <T>(
  all: readonly T[],
  wanted: string,
  uuidOf: (one: T) => string,
  nameOf: (one: T) => string,
): One<T> => {
  const byUuid = all.filter(one => uuidOf(one) === wanted.toLowerCase())
  const found = byUuid.length > 0 ? byUuid.slice(0, 1) : all.filter(one => nameOf(one) === wanted)
  const [only, ...others] = found
  if (!only) {
    const names = all.map(nameOf).sort(byText)
    return { missing: wanted, near: nearNames(names, wanted) }
  }
  return others.length > 0 ? { several: found.map(uuidOf).sort(byText) } : { found: only }
}

/** As `oneOf`, of VMs that are looked for again and again. */
export const finder = (all: readonly SiteVm[]): ((wanted: string) => One<SiteVm>) => {
  const byUuid = new Map(all.map(vm => [vm.uuid, vm]))
  const byName = Map.groupBy(all, ({ name }) => name)
  return wanted => {
    const named = byUuid.get(wanted.toLowerCase())
    if (named) return { found: named }
    const [only, ...others] = byName.get(wanted) ?? []
    if (!only) return { missing: wanted, near: nearNames([...byName.keys()].sort(byText), wanted) }
    return others.length > 0
      ? { several: [only, ...others].map(({ uuid }) => uuid).sort(byText) }
      : { found: only }
  }
}

/** VMs that a selector of a site takes. */
export const readySiteVms = (
  { pools, tags, names, catalogs, schemes }: SiteVms,
  catalogOf: ReadonlyMap<string, MachineCatalog>,
  characters: (vm: SiteVm) => readonly string[] = ({ name }) => charactersOf(name),
): ((vm: SiteVm) => boolean) => {
  const uuids = pools?.map(text => text.toLowerCase())
  const folded = schemes?.map(text => text.toLowerCase())
  const patterns = names?.map(readyPattern)
  const hasScheme = (vm: SiteVm): boolean =>
    [vm.scheme, ...vm.disks.map(({ scheme }) => scheme), catalogOf.get(vm.uuid)?.scheme].some(
      mark => mark !== undefined && folded?.includes(mark.toLowerCase()) === true,
    )
  return vm =>
    (!pools || pools.includes(vm.poolName) || uuids?.includes(vm.poolUuid) === true) &&
    (!tags || tags.some(tag => vm.tags.includes(tag))) &&
    (!patterns || patterns.some(fits => fits(characters(vm)))) &&
    (!catalogs || catalogs.includes(catalogOf.get(vm.uuid)?.name ?? '')) &&
    (!folded || hasScheme(vm))
}

/** What a line of a site is about, in words: `the VM "DDC01"`, `VMs named "VDI-*"`. */
export const targetWords = ({
  target: { vm, vms, guest, pool, host },
  role,
}: SiteComponent): string => {
  const name = (text: string) => `"${text.slice(0, 100)}"`
  const any = (texts: readonly string[]) => texts.slice(0, 3).map(name).join(' or ')
  if (vm !== undefined) return `the ${role === 'template' ? 'template' : 'VM'} ${name(vm)}`
  if (guest !== undefined) return `the guest ${name(guest)}`
  if (pool !== undefined) return `the pool ${name(pool)}`
  if (host !== undefined) return `the host ${name(host)}`
  const marks = [
    ...(vms?.names ? [`named ${any(vms.names)}`] : []),
    ...(vms?.tags ? [`tagged ${any(vms.tags)}`] : []),
    ...(vms?.pools ? [`in the pool ${any(vms.pools)}`] : []),
    ...(vms?.catalogs ? [`of the catalog ${any(vms.catalogs)}`] : []),
    ...(vms?.schemes ? [`of the provisioning scheme ${any(vms.schemes)}`] : []),
  ]
  return `${role === 'template' ? 'templates' : 'VMs'} ${marks.join(', ')}`
}

/** The guest that speaks for a VM: of several the one that called last. */
export const guestsByVm = (guests: readonly SiteGuest[]): Map<string, SiteGuest> => {
  const by = new Map<string, SiteGuest>()
  for (const guest of guests) {
    if (guest.vmUuid === undefined) continue
    const known = by.get(guest.vmUuid)
    if (!known || isNewer(guest, known)) by.set(guest.vmUuid, guest)
  }
  return by
}

const isNewer = (a: SiteGuest, b: SiteGuest): boolean =>
  (a.lastSeen ?? -1) > (b.lastSeen ?? -1) ||
  ((a.lastSeen ?? -1) === (b.lastSeen ?? -1) && a.guestUuid < b.guestUuid)

/** Each VM once, whatever pool told of it: one that moves is known of two for a while. */
export const eachOnce = <T extends SiteVm>(vms: SiteInventory<T>['vms']): T[] => {
  const by = new Map<string, T>()
  for (const vm of vms) {
    const known = by.get(vm.uuid)
    if (!known || vm.poolUuid < known.poolUuid) by.set(vm.uuid, vm)
  }
  return [...by.values()].sort((a, b) => byText(a.name, b.name) || byText(a.uuid, b.uuid))
}

/** @returns `sql01` of `tcp:SQL01.corp.example\\XD,1433`, an address as it is */
export const shortHost = (server: string): string => {
  const host = (server.toLowerCase().replace(/^tcp:/, '').split(/[\\,]/)[0] ?? '').trim()
  return /^[\d.]+$|:/.test(host) ? host : (host.split('.')[0] ?? '')
}
