import type { SiteDefinition } from '../contracts/site.ts'
import type { SiteProblem, SiteTask } from '../contracts/site-graph.ts'
import type { SiteRole } from '../contracts/site-roles.ts'
import { clip, type Draft } from './known.ts'
import { numbers } from './skips.ts'
import { byText, quoted, STANDING_IN } from './words.ts'

/** `pools` stands last in lists and waits for nothing. */
const STAGES = ['logical', 'state', 'machines', 'pools'] as const

/** Servers before desktops: what is taken first is least apart from what servers saved of themselves. */
const ROLES: readonly SiteRole[] = [
  'dc',
  'sql',
  'license',
  'ddc',
  'storefront',
  'pvs',
  'master-image',
  'template',
  'custom',
  'dedicated',
  'pooled',
  'pool-metadata',
  'host-metadata',
]

/** Which lines an entry of `order` or `apart` means: by name, capitals do not matter, or by role. */
export const linesOf = ({ components }: SiteDefinition, ref: string): Set<number> => {
  const folded = ref.toLowerCase()
  const named = components.flatMap(({ name }, index) =>
    name?.toLowerCase() === folded ? [index] : [],
  )
  if (named.length > 0) return new Set(named)
  return new Set(components.flatMap(({ role }, index) => (role === folded ? [index] : [])))
}

interface Hint {
  /** Ids of tasks. */
  earlier: Set<string>
  later: Set<string>
  words: string
  covers: number[]
}

/**
 * Puts tasks into an order in which each comes after all that it waits for: stages, wishes of the definition, and servers that stand in for each other one by one.
 * Every edge goes forward in that order, so there is no circle.
 */
export const ordered = (
  site: SiteDefinition,
  drafts: readonly Draft[],
): { tasks: SiteTask[]; problems: SiteProblem[] } => {
  const { list, taken, ignored } = sorted(drafts, hintsOf(site, drafts))
  const after = new Map(list.map(({ id }) => [id, new Set<string>()]))
  const apart = new Map(list.map(({ id }) => [id, [] as string[]]))

  for (const { earlier, later } of taken)
    for (const id of later) for (const other of earlier) after.get(id)?.add(other)
  let before: string[] = []
  for (const stage of STAGES.slice(0, -1)) {
    const now = list.flatMap(draft => (draft.stage === stage ? [draft.id] : []))
    for (const id of now) for (const earlier of before) after.get(id)?.add(earlier)
    if (now.length > 0) before = now
  }
  for (const [label, members] of groupsOf(site, list))
    for (const [index, { id, stage }] of members.entries()) {
      apart.get(id)?.push(label)
      const former = members.slice(0, index).findLast(member => member.stage === stage)
      if (former) after.get(id)?.add(former.id)
    }

  const tasks = list.map((draft): SiteTask => {
    const labels = apart.get(draft.id) ?? []
    return {
      ...draft,
      after: [...(after.get(draft.id) ?? [])].sort(byText),
      ...(labels.length > 0 && { apart: [...labels].sort(byText) }),
    }
  })
  return { tasks, problems: ignored.map(ignoredProblem) }
}

const machineOf = (draft: Draft): string | undefined =>
  draft.kind === 'vm'
    ? draft.vmUuid
    : draft.kind === 'component'
      ? (draft.vmUuid ?? draft.guestUuid)
      : undefined

/** Tasks on machines that are never at rest together, by what they have in common, in the order of the list. */
const groupsOf = (site: SiteDefinition, list: readonly Draft[]): [string, Draft[]][] => {
  const groups: [string, Draft[]][] = []
  for (const role of STANDING_IN)
    groups.push([`role:${role}`, list.filter(({ roles }) => roles.includes(role))])
  for (const refs of site.freeze?.apart ?? []) {
    const lines = new Set(refs.flatMap(ref => [...linesOf(site, ref)]))
    const members = list.filter(({ covers }) => covers.some(index => lines.has(index)))
    groups.push([
      `apart:${[...refs]
        .map(ref => ref.toLowerCase())
        .sort(byText)
        .join(',')}`.slice(0, 400),
      members,
    ])
  }
  const several = groups
    .map(([label, members]): [string, Draft[]] => [label, members.filter(machineOf)])
    .filter(([, members]) => new Set(members.map(machineOf)).size > 1)
  return [...new Map(several)].sort(([a], [b]) => byText(a, b))
}

const hintsOf = (site: SiteDefinition, drafts: readonly Draft[]): Hint[] => {
  const tasksOf = (lines: ReadonlySet<number>): Set<string> =>
    new Set(
      drafts.flatMap(({ id, covers }) => (covers.some(index => lines.has(index)) ? [id] : [])),
    )
  return (site.order ?? [])
    .map((wish): Hint => {
      const [first, second] = [linesOf(site, wish.earlier), linesOf(site, wish.later)]
      const [earlier, later] = [tasksOf(first), tasksOf(second)]
      return {
        // What is in both comes neither before nor after itself.
        earlier: new Set([...earlier].filter(id => !later.has(id))),
        later: new Set([...later].filter(id => !earlier.has(id))),
        words: `${quoted(wish.earlier)} before ${quoted(wish.later)}`,
        covers: numbers([...first, ...second]),
      }
    })
    .sort((a, b) => byText(a.words, b.words))
}

const rank = (draft: Draft): string => {
  const role = Math.min(...draft.roles.map(one => ROLES.indexOf(one)))
  const [stage, of] = [STAGES.indexOf(draft.stage), role].map(number =>
    String(number).padStart(2, '0'),
  )
  return `${stage} ${of} ${draft.title} ${draft.id}`
}

/** By stage, role and name, but for wishes, each of which is taken unless those before it say the contrary. */
const sorted = (drafts: readonly Draft[], hints: readonly Hint[]) => {
  const ranked = drafts
    .map(draft => ({ draft, rank: rank(draft) }))
    .sort((a, b) => byText(a.rank, b.rank))
  const base = ranked.map(({ draft }) => draft)
  const stageOf = new Map(base.map(({ id, stage }) => [id, STAGES.indexOf(stage)]))
  const taken: Hint[] = []
  const ignored: Hint[] = []
  let list = base
  for (const hint of hints) {
    // What pools and hosts know waits for nothing.
    const waits = [...hint.later].some(id => stageOf.get(id) === STAGES.indexOf('pools'))
    const backwards = [...hint.earlier].some(earlier =>
      [...hint.later].some(later => (stageOf.get(earlier) ?? 0) > (stageOf.get(later) ?? 0)),
    )
    const tried =
      backwards || (waits && hint.earlier.size > 0)
        ? undefined
        : topological(base, [...taken, hint])
    if (tried) {
      taken.push(hint)
      list = tried
    } else ignored.push(hint)
  }
  return { list, taken, ignored }
}

/** @returns the tasks, each after what comes first, as near to the given order as that lets them be; `undefined` where they go in a circle */
const topological = (base: readonly Draft[], hints: readonly Hint[]): Draft[] | undefined => {
  const list: Draft[] = []
  const done = new Set<string>()
  for (const stage of STAGES) {
    let left = base.filter(draft => draft.stage === stage)
    while (left.length > 0) {
      const ids = new Set(left.map(({ id }) => id))
      const blocked = new Set(
        hints.flatMap(({ earlier, later }) =>
          [...earlier].some(id => ids.has(id)) ? [...later] : [],
        ),
      )
      const free = left.filter(({ id }) => !blocked.has(id))
      if (free.length === 0) return undefined
      for (const draft of free) done.add(draft.id)
      list.push(...free)
      left = left.filter(({ id }) => !done.has(id))
    }
  }
  return list
}

const ignoredProblem = ({ words, covers }: Hint): SiteProblem => ({
  ...{ code: 'SITE_ORDER_IGNORED', level: 'warning', covers },
  text: clip(
    `The wish ${words} is passed over: it goes against the order of a site (exports and databases, what servers keep of themselves, machines) or against another wish.`,
  ),
  advice: 'Remove it from "order", or the wish that says the contrary.',
})
