import { type SiteComponent, SiteDefinition, TARGETS_OF_ROLE } from '../contracts/site.ts'
import type { SiteGuest } from '../contracts/site-guest.ts'
import type { Certainty, SiteProposal } from '../contracts/site-proposal.ts'
import type { SiteRole } from '../contracts/site-roles.ts'
import { CERTAINTIES, classifier, contentOf, stemOf } from './classify.ts'
import { clip, type SiteInventory, type SiteVm } from './known.ts'
import { eachOnce, shortHost } from './targets.ts'
import { byText, countOfRole, quoted, roleWord } from './words.ts'

type Line = Pick<SiteComponent, 'role' | 'target'> & Partial<Pick<SiteComponent, 'recipe'>>
interface Proposed {
  line: Line
  certainty: Certainty
  because: string
}

interface Known {
  vms: SiteVm[]
  inventory: SiteInventory
  guests: readonly SiteGuest[]
  /** How a VM is named so that only it is meant. */
  refOf: (vm: SiteVm) => string
}

/**
 * What the definition of a site could be, with the reason for each line: what a Delivery Controller says first, then what agents allow, what XenServer shows, and
 * last what names suggest. Nothing of it is saved.
 */
export const discover = (inventory: SiteInventory, guests: readonly SiteGuest[]): SiteProposal => {
  const vms = eachOnce(inventory.vms).filter(({ uuid }) => !inventory.standbys.has(uuid))
  const counts = new Map<string, number>()
  for (const { name } of vms) counts.set(name, (counts.get(name) ?? 0) + 1)
  const known: Known = {
    ...{ vms, inventory },
    guests: [...guests].sort((a, b) => byText(a.name, b.name) || byText(a.guestUuid, b.guestUuid)),
    refOf: ({ uuid, name }) => (counts.get(name) === 1 && name !== '' ? name : uuid),
  }
  const named = ofControllers(known)
  const told = [...named, ...ofGuests(known, named), ...ofSigns(known)]
  const sure = surestOnce(told)
  const found = surestOnce([...sure, ...(sure.length > 0 ? ofNames(known, sure) : [])])
  const all = [...found, ...ofPools(known, found)].slice(0, 500)
  if (found.length === 0) return { lines: [], notes: [NOTHING] }
  const name = known.guests.find(({ controller }) => controller?.site)?.controller?.site
  return {
    site: SiteDefinition.parse({
      name: (name ?? 'XenDesktop').slice(0, 200),
      components: all.map(({ line }) => line),
    }),
    lines: all.map(({ certainty, because }) => ({ certainty, because: clip(because) })),
    notes: notesOf(known, all),
  }
}

const NOTHING =
  'Nothing of a XenDesktop site was found: no guest is a Delivery Controller, and no VM bears a sign of Citrix provisioning. Write the definition yourself, or install the agent in guest mode on a Delivery Controller (docs/guests.md).'

const notesOf = ({ guests }: Known, all: readonly Proposed[]): string[] => [
  ...(guests.some(({ controller }) => controller)
    ? []
    : [
        'No Delivery Controller could be asked: catalogs, databases and which machines keep their content are guessed from what XenServer shows. An agent on a controller makes this sure.',
      ]),
  ...(all.some(({ certainty }) => certainty === 'weak')
    ? ['Lines that are marked "weak" go by names alone: look at each before you keep it.']
    : []),
  'File servers with profiles and home folders, Citrix FAS, Director and NetScaler are not found by themselves: add lines of the role "custom" for them.',
]

const rankOf = (certainty: Certainty): number => CERTAINTIES.indexOf(certainty)

/** One thing in one role has one line, with the surest reason. */
const surestOnce = (all: readonly Proposed[]): Proposed[] => {
  const by = new Map<string, Proposed>()
  for (const proposed of all) {
    const key = JSON.stringify(proposed.line)
    const known = by.get(key)
    if (!known || rankOf(proposed.certainty) < rankOf(known.certainty)) by.set(key, proposed)
  }
  return [...by.values()]
}

const ofControllers = ({ guests, vms, inventory, refOf }: Known): Proposed[] => {
  const proposed: Proposed[] = []
  const byHost = Map.groupBy(vms, ({ name }) => shortHost(name))
  const named = (role: SiteRole, server: string, because: string) => {
    for (const vm of byHost.get(shortHost(server)) ?? [])
      proposed.push({ line: { role, target: { vm: refOf(vm) } }, certainty: 'strong', because })
  }
  for (const { name, controller } of guests) {
    if (!controller) continue
    const says = `the controller ${quoted(name)} says`
    for (const other of controller.controllers)
      named(
        'ddc',
        other,
        `${says} that ${quoted(other)} is a controller of its site, and the VM is named so`,
      )
    for (const [kind, database] of Object.entries(controller.databases))
      if (database)
        named(
          'sql',
          database.server,
          `${says} that its ${kind} database ${quoted(database.database)} is on ${quoted(database.server)}, and the VM is named so`,
        )
    if (controller.licenseServer)
      named(
        'license',
        controller.licenseServer,
        `${says} that its licences come from ${quoted(controller.licenseServer)}, and the VM is named so`,
      )
    for (const catalog of controller.catalogs) {
      const is = contentOf(catalog)
      proposed.push({
        line: {
          role: is === 'discarded' ? 'pooled' : 'dedicated',
          target: { vms: { catalogs: [catalog.name] } },
        },
        certainty: is === 'unknown' ? 'heuristic' : 'authoritative',
        because:
          is === 'discarded'
            ? `${says} that changes on ${countOfRole(catalog.machines.length, 'pooled')} of this catalog are discarded`
            : is === 'kept'
              ? `${says} that changes on the machines of this catalog are kept (${catalog.machines.length.toLocaleString('en')})`
              : `${says} too little of this catalog to know whether changes are kept: its machines are protected until somebody looks`,
      })
      const image = catalog.masterImage?.vm
      for (const vm of [...vms, ...eachOnce(inventory.templates)])
        if (image !== undefined && (vm.name === image || vm.uuid === image.toLowerCase()))
          proposed.push({
            line: { role: 'master-image', target: { vm: image } },
            certainty: 'authoritative',
            because: `${says} that the catalog ${quoted(catalog.name)} is made of it`,
          })
    }
  }
  return proposed
}

/** Recipes for nearly every role say nothing of the machine. */
const ROLES_OF_ONE_RECIPE = 3

/** @param named what is known of machines by what controllers say */
const ofGuests = ({ guests, vms, refOf }: Known, named: readonly Proposed[]): Proposed[] =>
  guests.flatMap(guest => {
    const { name, vmUuid, controller, directory, recipes } = guest
    const vm = vms.find(({ uuid }) => uuid === vmUuid)
    const isOnly = guests.filter(other => other.name === name).length === 1
    const is: Proposed[] = []
    const asVm = (role: SiteRole, certainty: Certainty, because: string) => {
      if (vm) is.push({ line: { role, target: { vm: refOf(vm) } }, certainty, because })
    }
    if (controller)
      asVm(
        'ddc',
        'authoritative',
        `the agent ${quoted(name)} in it asked the site as a controller of it`,
      )
    if (directory)
      asVm(
        'dc',
        'authoritative',
        `the agent ${quoted(name)} in it asked the directory that it serves`,
      )
    const usable = recipes.filter(({ phases }) => phases.includes('capture'))
    const known = [
      ...(controller ? (['ddc'] as const) : []),
      ...(directory ? (['dc'] as const) : []),
      ...named.flatMap(({ line }) => (vm && line.target.vm === refOf(vm) ? [line.role] : [])),
      ...usable.flatMap(({ roles, problem }) =>
        problem === undefined && fittingOf(roles).length <= ROLES_OF_ONE_RECIPE
          ? fittingOf(roles).slice(0, 1)
          : [],
      ),
    ]
    for (const { name: recipe, roles, problem } of usable) {
      const role = roleOfRecipe(roles, known)
      const because = `the agent ${quoted(name)} allows the recipe ${quoted(recipe)} there`
      const certainty = problem === undefined ? 'certain' : 'weak'
      is.push({
        line: { role, target: { guest: isOnly ? name : guest.guestUuid }, recipe },
        certainty,
        because: problem === undefined ? because : `${because}, but its probe said: ${problem}`,
      })
      // Files or programs alone make no machine one of the site's servers, and say nothing of one that is.
      if (role !== 'custom' || known.every(one => one === 'custom')) asVm(role, certainty, because)
    }
    return is
  })

const fittingOf = (roles: readonly SiteRole[]): SiteRole[] =>
  roles.filter(role => TARGETS_OF_ROLE[role].includes('guest'))

/** What a recipe saves has one line: in the role that its machine has, as far as the recipe is for that; else in the first that the recipe is for. */
const roleOfRecipe = (roles: readonly SiteRole[], known: readonly SiteRole[]): SiteRole => {
  const fitting = fittingOf(roles)
  const role = known.find(one => one !== 'custom' && fitting.includes(one))
  if (role !== undefined) return role
  return fitting.length > ROLES_OF_ONE_RECIPE ? 'custom' : (fitting[0] ?? 'custom')
}

/** Machines that no controller lists, by what XenServer shows of them. */
const ofSigns = ({ vms, guests }: Known): Proposed[] => {
  const classify = classifier(vms, guests)
  const groups = new Map<
    string,
    { line: Line; certainty: Certainty; words: string; count: number }
  >()
  for (const vm of vms) {
    const { madeBy, madeBySure, content, contentSure, catalog, scheme, words } = classify(vm)
    if (catalog !== undefined) continue
    const discarded = content === 'discarded'
    if (madeBy === 'none' && !discarded) continue
    if (madeBySure === 'weak' && !discarded) continue
    const role = discarded || (madeBy === 'pvs' && content === 'unknown') ? 'pooled' : 'dedicated'
    const stem = stemOf(vm.name)
    const target =
      scheme !== undefined
        ? { vms: { schemes: [scheme] } }
        : { vms: { names: [`${escaped(stem ?? vm.name)}${stem === undefined ? '' : '*'}`] } }
    const key = JSON.stringify({ role, target })
    const certainty = discarded ? contentSure : madeBySure
    const known = groups.get(key)
    groups.set(key, {
      ...{ line: { role, target }, words: known?.words ?? words },
      certainty: known && rankOf(known.certainty) > rankOf(certainty) ? known.certainty : certainty,
      count: (known?.count ?? 0) + 1,
    })
  }
  return [...groups.values()].map(({ line, certainty, words, count }) => ({
    ...{ line, certainty },
    because: `${countOfRole(count, line.role)}. Of the first: ${words}`,
  }))
}

/** A name as a pattern that means itself. */
const escaped = (name: string): string => name.replace(/[\\*?]/g, '\\$&')

const NAMES: readonly (readonly [SiteRole, RegExp])[] = [
  ['ddc', /ddc|xdc|delivery.?controller|\bcvad/i],
  ['sql', /(^|[-_ ])(ms)?sql(?!ite)/i],
  ['license', /(^|[-_ ])(ctx)?lic/i],
  ['storefront', /storefront|(^|[-_ ])sf\d/i],
  ['pvs', /(^|[-_ ])pvs/i],
  ['dc', /(^|[-_ ])(ad|dc)\d/i],
  ['master-image', /master|golden|gold.?image/i],
]

/** Names alone: only where there is a site at all, and of what nothing better is known. */
const ofNames = ({ vms, refOf }: Known, sure: readonly Proposed[]): Proposed[] => {
  const named = new Set(sure.flatMap(({ line }) => line.target.vm ?? []))
  return vms.flatMap(vm => {
    const [role] = NAMES.find(([, pattern]) => pattern.test(vm.name)) ?? []
    if (role === undefined || named.has(refOf(vm))) return []
    return [
      {
        line: { role, target: { vm: refOf(vm) } },
        certainty: 'weak' as const,
        because: `it is named like a ${roleWord(role)}`,
      },
    ]
  })
}

/** Of pools that machines of the site are in. */
const ofPools = ({ inventory, vms, refOf }: Known, found: readonly Proposed[]): Proposed[] => {
  const named = new Set(found.flatMap(({ line }) => line.target.vm ?? []))
  const many = found.some(({ line }) => line.target.vms)
  const uuids = new Set(vms.flatMap(vm => (named.has(refOf(vm)) ? [vm.poolUuid] : [])))
  return [...inventory.pools]
    .sort((a, b) => byText(a.name, b.name) || byText(a.uuid, b.uuid))
    .filter(({ uuid }) => uuids.has(uuid) || (many && uuids.size === 0))
    .flatMap(({ uuid, name }) => {
      const pool =
        inventory.pools.filter(other => other.name === name).length === 1 && name !== ''
          ? name
          : uuid
      return (['pool-metadata', 'host-metadata'] as const).map(role => ({
        line: { role, target: { pool } },
        certainty: 'certain' as const,
        because: 'machines of the site are in this pool',
      }))
    })
}
