import type { SiteSkip } from '../contracts/site-graph.ts'
import { SiteRole } from '../contracts/site-roles.ts'
import { clip } from './known.ts'
import { byText, countOfRole, quoted, roleWord } from './words.ts'

/** One VM, or other thing, that is not saved. */
export interface LeftOut {
  code: SiteSkip['code']
  roles: readonly SiteRole[]
  name: string
  uuid?: string
  reason: string
  covers: readonly number[]
  gap: boolean
}

export const inRoleOrder = (roles: Iterable<SiteRole>): SiteRole[] => {
  const set = new Set(roles)
  return SiteRole.options.filter(role => set.has(role))
}

export const numbers = (all: Iterable<number>): number[] => [...new Set(all)].sort((a, b) => a - b)

const NAMED = 20

/** Things that are left out for one reason are told together, with their number. */
export const skipsOf = (all: readonly LeftOut[]): SiteSkip[] =>
  [
    ...Map.groupBy(all, ({ code, roles, reason, gap }) =>
      JSON.stringify([code, inRoleOrder(roles), reason, gap]),
    ),
  ]
    .map(([, together]): SiteSkip => {
      const [first] = together as [LeftOut, ...LeftOut[]]
      const names = together.map(({ name }) => name).sort(byText)
      const uuids = together.flatMap(({ uuid }) => uuid ?? []).sort(byText)
      return {
        code: first.code,
        roles: inRoleOrder(first.roles),
        what: whatOf(first, together.length),
        reason: clip(first.reason),
        count: together.length,
        names: names.slice(0, NAMED),
        ...(uuids.length > 0 && { vmUuids: uuids }),
        covers: numbers(together.flatMap(({ covers }) => covers)),
        gap: first.gap,
      }
    })
    .sort(
      (a, b) =>
        Number(b.gap) - Number(a.gap) ||
        byText(a.what, b.what) ||
        byText(a.reason, b.reason) ||
        byText(`${a.code} ${a.roles}`, `${b.code} ${b.roles}`),
    )

const whatOf = ({ roles, name }: LeftOut, count: number): string => {
  const role = inRoleOrder(roles)[0] ?? 'custom'
  return clip(count === 1 ? `${roleWord(role)} ${quoted(name)}` : countOfRole(count, role), 500)
}

/** `23 pooled desktops not backed up: content is discarded at logoff.` */
export const skipLine = ({ what, reason }: Pick<SiteSkip, 'what' | 'reason'>): string =>
  `${what.slice(0, 1).toUpperCase()}${what.slice(1)} not backed up: ${reason}`
