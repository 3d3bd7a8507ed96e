import type { SiteDefinition } from '../contracts/site.ts'
import type { SiteGraph, SiteProblem, SiteTask } from '../contracts/site-graph.ts'
import type { SiteGuest } from '../contracts/site-guest.ts'
import { charactersOf } from '../policies/name-pattern.ts'
import { aboutOf } from './about.ts'
import { classifier } from './classify.ts'
import { unfrozenProblem } from './concerns.ts'
import { crossChecks } from './cross-checks.ts'
import { definitionProblems, linesTwice } from './definition-problems.ts'
import type { Work } from './gaps.ts'
import { clip, type Draft, type SiteInventory, type SiteVm } from './known.ts'
import { ordered } from './order.ts'
import { machinesOf, saveTemplates, saveVms } from './save-machines.ts'
import { saveGuest, saveHost, savePool } from './save-others.ts'
import { inRoleOrder, numbers, skipsOf } from './skips.ts'
import { eachOnce, finder } from './targets.ts'
import { byText } from './words.ts'

/**
 * What a run of a site does, as far as anything is known of it: a task or a reason for each line of the definition, in an order without circles. Depends on
 * nothing but its arguments, and not on the order of what they list.
 * @param now ms since 1970
 */
export const expand = (
  site: SiteDefinition,
  inventory: SiteInventory,
  guests: readonly SiteGuest[],
  now: number,
): SiteGraph => expander(inventory, guests).expand(site, now)

interface Expander {
  expand: (site: SiteDefinition, now: number) => SiteGraph
  /** UUIDs of the VMs alone that a site saves, and of those that it leaves out on purpose: for lists, which need no order and no words. */
  vmsOf: (site: SiteDefinition, now: number) => { saved: string[]; meant: string[] }
}

/** As `expand`, of several sites: what they have in common, such as the order of 5,000 VMs and what their names share, is found out once. */
export const expander = (inventory: SiteInventory, guests: readonly SiteGuest[]): Expander => {
  const known: SiteInventory = {
    ...inventory,
    vms: eachOnce(inventory.vms),
    templates: eachOnce(inventory.templates),
  }
  const told = [...guests].sort((a, b) => byText(a.guestUuid, b.guestUuid))
  const names = new Map<string, readonly string[]>()
  const common = {
    characters: ({ name }: SiteVm) => {
      const found = names.get(name) ?? charactersOf(name)
      names.set(name, found)
      return found
    },
    ...{ inventory: known, guests: told, classify: classifier(known.vms, told) },
    finders: { vm: finder(known.vms), template: finder(known.templates) },
  }
  const workOf = (site: SiteDefinition, now: number): Work => ({
    ...{ ...common, site, now },
    ...{ drafts: [], leftOut: [], problems: [] },
  })
  return {
    expand: (site, now) => graphOf(workOf(site, now)),
    vmsOf: (site, now) => {
      const work = workOf(site, now)
      saveVms(work, machinesOf(work, 'vm'))
      const { drafts, leftOut } = work
      return {
        saved: drafts.flatMap(draft => (draft.kind === 'vm' ? [draft.vmUuid] : [])),
        meant: leftOut.flatMap(({ gap, uuid }) => (gap || uuid === undefined ? [] : [uuid])),
      }
    },
  }
}

const graphOf = (work: Work): SiteGraph => {
  const { site, inventory: known, guests: told, now } = work
  const vms = machinesOf(work, 'vm')
  const templates = machinesOf(work, 'template')
  saveVms(work, vms)
  saveTemplates(work, templates)
  for (const [index, component] of site.components.entries()) {
    if (component.target.guest !== undefined) saveGuest(work, component, index)
    else if (component.target.pool !== undefined) savePool(work, component, index)
    else if (component.target.host !== undefined) saveHost(work, component, index)
  }
  const { drafts, problems: doubled } = merged(work.drafts)
  const { tasks, problems } = ordered(site, drafts)
  const spokenOf = new Set([...vms.keys(), ...templates.keys()])
  const about = aboutOf(site, told)
  const cross = crossChecks({ site, inventory: known, guests: told, drafts, spokenOf })
  return {
    at: now,
    tasks,
    skips: skipsOf(work.leftOut),
    problems: inOrder([
      ...definitionProblems(site),
      ...work.problems,
      ...doubled,
      ...linesTwice(site, drafts),
      ...unfrozenProblem(drafts),
      ...problems,
      ...cross,
    ]),
    ...(about && { about }),
  }
}

const LEVELS: readonly SiteProblem['level'][] = ['error', 'warning', 'note']

/** What two lines have in common is told once. */
const inOrder = (problems: readonly SiteProblem[]): SiteProblem[] =>
  [...Map.groupBy(problems, ({ code, text }) => `${code} ${text}`).values()]
    .map(together => {
      const [first] = together as [SiteProblem, ...SiteProblem[]]
      const covers = numbers(together.flatMap(problem => problem.covers ?? []))
      return { ...first, ...(covers.length > 0 && { covers }) }
    })
    .sort(
      (a, b) =>
        LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) ||
        byText(a.code, b.code) ||
        byText(a.text, b.text),
    )

/** What two lines ask for is done once, for both; where they ask for it in different ways, that is told. */
const merged = (all: readonly Draft[]): { drafts: Draft[]; problems: SiteProblem[] } => {
  const problems: SiteProblem[] = []
  const drafts = [...Map.groupBy(all, ({ id }) => id).values()].map(together => {
    const [first] = [...together].sort((a, b) => byText(wayOf(a), wayOf(b))) as [Draft, ...Draft[]]
    const covers = numbers(together.flatMap(draft => draft.covers))
    if (new Set(together.map(wayOf)).size > 1)
      problems.push({
        ...{ code: 'SITE_CONTRADICTION', level: 'warning', covers },
        text: clip(
          `Several lines ask for "${first.title}" with different parameters; one of them counts.`,
        ),
        advice: 'Leave one of the lines, or give each an instance of its own.',
      })
    return {
      ...first,
      covers,
      roles: inRoleOrder(together.flatMap(({ roles }) => roles)),
      stage: together.some(({ stage }) => stage === 'logical') ? ('logical' as const) : first.stage,
    }
  })
  return { drafts, problems }
}

const wayOf = (draft: Draft): string =>
  draft.kind === 'component' ? JSON.stringify(draft.parameters ?? {}) : ''

/** Tasks that must have ended before one, near and far. */
export const ancestorsOf = (tasks: readonly SiteTask[], id: string): Set<string> => {
  const by = new Map(tasks.map(task => [task.id, task]))
  const found = new Set<string>()
  const look = [...(by.get(id)?.after ?? [])]
  for (let next = look.pop(); next !== undefined; next = look.pop()) {
    if (found.has(next)) continue
    found.add(next)
    look.push(...(by.get(next)?.after ?? []))
  }
  return found
}
