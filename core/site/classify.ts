import type { MachineCatalog, SiteGuest } from '../contracts/site-guest.ts'
import { Certainty } from '../contracts/site-proposal.ts'
import { isDiscarded, looksLikeIdentity, type VmSigns } from './provisioned-disks.ts'
import { quoted } from './words.ts'

/**
 * Surest first. `authoritative`: a Delivery Controller says so. `certain`: XenServer itself acts on it. `strong`: whoever made the machine marked it. `heuristic`: it
 * looks like it. `weak`: hardly more than a name.
 */
export const CERTAINTIES: readonly Certainty[] = Certainty.options

export interface Finding {
  certainty: Certainty
  /** A clause: `a Delivery Controller lists it in the catalog "W11"`. */
  because: string
}

/** What a VM is, as Citrix provisioning goes, and how sure that is. */
export interface Classification {
  /** Who made it; `none`: nothing says that anybody but people did. */
  madeBy: 'mcs' | 'pvs' | 'manual' | 'none'
  madeBySure: Certainty
  /** What becomes of what its users change. */
  content: 'discarded' | 'kept' | 'unknown'
  contentSure: Certainty
  catalog?: string
  scheme?: string
  /** All that was found, surest first. */
  findings: Finding[]
  /** One or two sentences: what it is and why that is believed. */
  words: string
}

/** So many VMs whose disks end in one image look like a catalog; fewer are clones that somebody made. */
export const CLONES_OF_A_CATALOG = 3
/** So many VMs that are named alike and counted through look like a catalog. */
export const NAMES_OF_A_CATALOG = 5

/** What has to be known beside the VM itself; made once for all VMs. */
export interface Around {
  catalogOf: ReadonlyMap<string, MachineCatalog>
  vmsOfBase: ReadonlyMap<string, number>
  vmsOfStem: ReadonlyMap<string, number>
}

export interface ClassifiableVm extends VmSigns {
  uuid: string
  name: string
}

export const classifier = (
  vms: readonly ClassifiableVm[],
  guests: readonly Pick<SiteGuest, 'controller'>[],
): ((vm: ClassifiableVm) => Classification) => {
  const around = surroundings(vms, guests)
  return vm => classify(vm, around)
}

/** The catalog of each machine that a Delivery Controller tells of, by the UUID of its VM. */
export const catalogsOf = (
  guests: readonly Pick<SiteGuest, 'controller'>[],
): Map<string, MachineCatalog> => {
  const catalogOf = new Map<string, MachineCatalog>()
  for (const { controller } of guests)
    for (const catalog of controller?.catalogs ?? [])
      for (const uuid of catalog.machines) {
        const known = catalogOf.get(uuid)
        // Two controllers may be asked at different times: the one that keeps content is believed, since that loses nothing.
        if (!known || (contentOf(known) !== 'kept' && contentOf(catalog) === 'kept'))
          catalogOf.set(uuid, catalog)
      }
  return catalogOf
}

const surroundings = (
  vms: readonly ClassifiableVm[],
  guests: readonly Pick<SiteGuest, 'controller'>[],
): Around => {
  const vmsOfBase = new Map<string, number>()
  const vmsOfStem = new Map<string, number>()
  for (const { name, disks } of vms) {
    for (const base of new Set(disks.flatMap(disk => disk.base ?? [])))
      vmsOfBase.set(base, (vmsOfBase.get(base) ?? 0) + 1)
    const stem = stemOf(name)
    if (stem !== undefined) vmsOfStem.set(stem, (vmsOfStem.get(stem) ?? 0) + 1)
  }
  return { catalogOf: catalogsOf(guests), vmsOfBase, vmsOfStem }
}

/** @returns the name without the number at its end, which naming schemes of catalogs count; `undefined` where there is none */
export const stemOf = (name: string): string | undefined => {
  const [, stem] = /^(.*\D)\d+$/.exec(name) ?? []
  return stem?.toLowerCase()
}

/** What the catalog's settings make of changes. */
export const contentOf = ({
  provisioning,
  persistUserChanges,
  allocation,
}: MachineCatalog): Classification['content'] => {
  if (provisioning === 'Manual') return 'kept'
  if (persistUserChanges === 'OnLocal') return 'kept'
  // Of a Personal vDisk some is kept, and on which disk nobody told.
  if (persistUserChanges === 'OnPvd') return 'unknown'
  if (persistUserChanges === 'Discard') return 'discarded'
  return allocation === 'Random' ? 'discarded' : 'unknown'
}

const MAKERS = { MCS: 'mcs', PVS: 'pvs', Manual: 'manual' } as const

/** What a VM is, from all signs that there are. Every combination of them has words and a certainty. */
export const classify = (vm: ClassifiableVm, around: Around): Classification => {
  const catalog = around.catalogOf.get(vm.uuid)
  const scheme = vm.scheme ?? vm.disks.find(disk => disk.scheme !== undefined)?.scheme
  const made = [...madeByCatalog(catalog), ...madeByPvs(vm), ...madeByMcs(vm, scheme, around)]
  const kept = [...keptByCatalog(catalog), ...keptByDisks(vm, scheme)]
  const bestMade = surest(made)
  const bestKept = surest(kept)
  const known = catalog?.scheme ?? scheme
  const found: Omit<Classification, 'words'> = {
    madeBy: bestMade?.is ?? 'none',
    madeBySure: bestMade?.certainty ?? 'weak',
    content: bestKept?.is ?? 'unknown',
    contentSure: bestKept?.certainty ?? 'weak',
    ...(catalog && { catalog: catalog.name }),
    ...(known !== undefined && { scheme: known }),
    findings: inOrder([...made, ...kept]),
  }
  return { ...found, words: wordsOf(found) }
}

type Says<T> = Finding & { is: T }
type Made = Says<Exclude<Classification['madeBy'], 'none'>>
type Kept = Says<Classification['content']>

const madeByCatalog = (catalog: MachineCatalog | undefined): Made[] =>
  catalog
    ? [
        {
          is: MAKERS[catalog.provisioning],
          certainty: 'authoritative',
          because: `a Delivery Controller lists it in the catalog ${quoted(catalog.name)} (${catalog.provisioning})`,
        },
      ]
    : []

const madeByPvs = ({ pvsProxy, disks }: ClassifiableVm): Made[] => {
  const signs = [
    ...(pvsProxy ? ['a PVS accelerator (PVS_proxy) serves its network interface'] : []),
    ...(disks.some(({ type }) => type === 'pvs_cache')
      ? ['it has a disk of the type pvs_cache']
      : []),
  ]
  return signs.map(because => ({ is: 'pvs', certainty: 'certain', because }))
}

const madeByMcs = (
  { name, disks }: ClassifiableVm,
  scheme: string | undefined,
  { vmsOfBase, vmsOfStem }: Around,
): Made[] => {
  const found: Made[] = []
  const tell = (certainty: Certainty, because: string) =>
    found.push({ is: 'mcs', certainty, because })
  if (scheme !== undefined)
    tell('strong', `it bears the CitrixProvisioningSchemeId ${scheme.slice(0, 100)}`)
  const clones = Math.max(0, ...disks.map(({ base = '' }) => vmsOfBase.get(base) ?? 0))
  if (clones >= CLONES_OF_A_CATALOG)
    tell('heuristic', `its disk is a clone of the image that ${clones - 1} other VMs are clones of`)
  if (disks.length > 1 && disks.some(looksLikeIdentity))
    tell('heuristic', 'it has a second disk of 16 MB, as identity disks have')
  if (disks.some(({ reset, caching }) => reset && caching))
    tell('heuristic', 'IntelliCache may keep its disk on the host, as for shared desktop images')
  const alike = vmsOfStem.get(stemOf(name) ?? '') ?? 0
  if (alike >= NAMES_OF_A_CATALOG)
    tell('weak', `it is named like ${alike - 1} other VMs but for the number at the end`)
  return found
}

const keptByCatalog = (catalog: MachineCatalog | undefined): Kept[] => {
  if (!catalog) return []
  const { persistUserChanges: setting, provisioning, allocation } = catalog
  const is = contentOf(catalog)
  const said =
    provisioning === 'Manual'
      ? 'holds machines that people made'
      : setting === undefined
        ? `says nothing of changes and allocates ${allocation ?? 'in a way that is not told'}`
        : `says PersistUserChanges ${setting}`
  return [{ is, certainty: 'authoritative', because: `its catalog ${said}` }]
}

const keptByDisks = ({ scheme: _, ...vm }: ClassifiableVm, scheme: string | undefined): Kept[] => {
  const resets = vm.disks.filter(({ reset }) => reset).length
  if (resets === 0)
    return scheme === undefined && !vm.pvsProxy && vm.disks.length > 0
      ? [{ is: 'kept', certainty: 'heuristic', because: 'none of its disks is reset at boot' }]
      : []
  if (isDiscarded({ ...vm, ...(scheme !== undefined && { scheme }) }))
    return [
      {
        ...{ is: 'discarded', certainty: 'certain' },
        because:
          resets === vm.disks.length
            ? 'XenServer resets all its disks at each boot (on_boot)'
            : 'XenServer resets its system disk at each boot (on_boot), and its other disks hold nothing of users',
      },
    ]
  return [
    {
      ...{ is: 'kept', certainty: 'strong' },
      because: `XenServer resets ${resets} of its ${vm.disks.length} disks at each boot (on_boot), and the others keep what is written`,
    },
  ]
}

const rank = ({ certainty }: Finding): number => CERTAINTIES.indexOf(certainty)

/**
 * XenServer does what `on_boot` says, whatever a catalog is set to: nothing that is reset can be kept. Of findings that are equally sure, keeping wins, since it
 * loses nothing.
 */
const surest = <T extends Made | Kept>(all: readonly T[]): T | undefined => {
  const discarded = all.find(({ is, certainty }) => is === 'discarded' && certainty === 'certain')
  if (discarded) return discarded
  return [...all].sort((a, b) => rank(a) - rank(b) || order(a.is) - order(b.is))[0]
}

const order = (is: Made['is'] | Kept['is']): number =>
  ['kept', 'unknown', 'discarded', 'manual', 'pvs', 'mcs'].indexOf(is)

/** Of those that are equally sure, who made it comes before what is kept. */
const inOrder = (all: readonly (Made | Kept)[]): Finding[] =>
  [...all]
    .sort((a, b) => rank(a) - rank(b))
    .map(({ certainty, because }) => ({ certainty, because }))

const LOOKS: Record<Certainty, string> = {
  authoritative: 'is',
  certain: 'is',
  strong: 'is',
  heuristic: 'looks like',
  weak: 'may be',
}

const KINDS: Record<Classification['madeBy'], string> = {
  mcs: 'a machine of Citrix Machine Creation Services',
  pvs: 'a machine that Citrix Provisioning streams',
  manual: 'a machine that people made',
  none: 'an ordinary machine',
}

const CONTENT: Record<Classification['content'], string> = {
  discarded: 'what users change on it is thrown away',
  kept: 'what users change on it is kept',
  unknown: 'whether changes are kept cannot be told from here',
}

const wordsOf = ({
  madeBy,
  madeBySure,
  content,
  findings,
}: Omit<Classification, 'words'>): string => {
  const is = madeBy === 'none' ? 'is' : LOOKS[madeBySure]
  const told = findings.slice(0, 3).map(({ because }) => because)
  const why = told.length > 0 ? `: ${told.join('; ')}` : ': it bears no sign of Citrix provisioning'
  return `It ${is} ${KINDS[madeBy]}, and ${CONTENT[content]}${why}.`
}
