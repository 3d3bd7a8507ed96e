import type { SiteDefinition } from '../contracts/site.ts'
import type { SiteProblem } from '../contracts/site-graph.ts'
import { SiteRole } from '../contracts/site-roles.ts'
import { SiteUnfitError } from '../errors/sites.ts'
import { clip, type Draft } from './known.ts'
import { linesOf } from './order.ts'
import { byText, quoted } from './words.ts'

/** What is wrong with a definition whatever pools and guests say. An `error` of these is refused when it is to be saved. */
export const definitionProblems = (site: SiteDefinition): SiteProblem[] => [
  ...namesTwice(site),
  ...refsOfNothing(site),
]

/** @throws `SITE_UNFIT` */
export const guardDefinition = (site: SiteDefinition): void => {
  const wrong = definitionProblems(site).find(({ level }) => level === 'error')
  if (!wrong) return
  const lines = (wrong.covers ?? []).map(index => index + 1).join(' and ')
  const where = lines === '' ? '' : ` They are the components ${lines}, counted from 1.`
  throw new SiteUnfitError(site.name, `${wrong.text}${where}`, wrong.advice)
}

/** `order` and `freeze.apart` would mean both. */
const namesTwice = ({ components }: SiteDefinition): SiteProblem[] => {
  const named = components.flatMap(({ name }, index) =>
    name === undefined ? [] : [{ name, index }],
  )
  return [...Map.groupBy(named, ({ name }) => name.toLowerCase()).values()].flatMap(alike => {
    const [first] = alike.map(({ name }) => name).sort(byText)
    if (first === undefined || alike.length < 2) return []
    return [
      {
        ...{ code: 'SITE_NAME_TWICE', level: 'error' as const },
        text: clip(
          `${alike.length === 2 ? 'Two' : alike.length} components are called ${quoted(first)}: "order" and "apart" could not tell them apart.`,
        ),
        advice: 'Give each a name of its own; capitals make no difference.',
        covers: alike.map(({ index }) => index),
      },
    ]
  })
}

const refsOfNothing = (site: SiteDefinition): SiteProblem[] => {
  const refs = [
    ...(site.order ?? []).flatMap(({ earlier, later }) => [
      { where: 'order', ref: earlier },
      { where: 'order', ref: later },
    ]),
    ...(site.freeze?.apart ?? []).flatMap(group =>
      group.map(ref => ({ where: 'freeze.apart', ref })),
    ),
  ]
  const empty = refs.filter(({ ref }) => linesOf(site, ref).size === 0)
  const inOrder = empty.sort((a, b) => byText(a.where, b.where) || byText(a.ref, b.ref))
  const once = new Map(inOrder.map(one => [`${one.where} ${one.ref.toLowerCase()}`, one]))
  return [...once.values()].map(({ where, ref }): SiteProblem => {
    const isRole = SiteRole.options.some(role => role === ref.toLowerCase())
    return isRole
      ? {
          ...{ code: 'SITE_REF_EMPTY', level: 'warning' },
          text: `"${where}" names the role ${quoted(ref)}, and no line has it: the wish does nothing.`,
          advice: 'Remove it, or add the line that is missing.',
        }
      : {
          ...{ code: 'SITE_REF_UNKNOWN', level: 'error' },
          text: `"${where}" names ${quoted(ref)}, and no component is called so, nor is it a role.`,
          advice: `Give the component that is meant "name: ${ref.slice(0, 100)}", or write the name that it has; roles are ${SiteRole.options.join(', ')}.`,
        }
  })
}

/** Lines of one role that name one thing each, and the same thing. Patterns for many may overlap. */
export const linesTwice = (site: SiteDefinition, drafts: readonly Draft[]): SiteProblem[] =>
  drafts.flatMap(({ title, covers }) => {
    const single = covers.flatMap(index => {
      const { role, target } = site.components[index] ?? {}
      const [kind] = Object.entries(target ?? {}).find(([, value]) => value !== undefined) ?? []
      return role === undefined || kind === undefined || kind === 'vms'
        ? []
        : [{ index, alike: `${role} ${kind}` }]
    })
    return [...Map.groupBy(single, ({ alike }) => alike).values()].flatMap(lines => {
      const role = site.components[lines[0]?.index ?? 0]?.role ?? ''
      if (lines.length < 2) return []
      return [
        {
          ...{ code: 'SITE_LINE_TWICE', level: 'warning' as const },
          text: clip(
            `${lines.length} lines of the role "${role}" ask for the same: "${title}". It is done once.`,
          ),
          advice: 'Remove one of them, or correct the one that means something else.',
          covers: lines.map(({ index }) => index),
        },
      ]
    })
  })
