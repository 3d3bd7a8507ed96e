import type { SiteComponent, SiteDefinition } from '../contracts/site.ts'
import type { SiteProblem } from '../contracts/site-graph.ts'
import type { SiteGuest } from '../contracts/site-guest.ts'
import type { ClassifiableVm, Classification } from './classify.ts'
import { clip, type Draft, type SiteInventory, type SiteVm } from './known.ts'
import type { LeftOut } from './skips.ts'
import { type One, targetWords } from './targets.ts'
import { quoted, roleWord } from './words.ts'

/** What there is to expand, and what was found out so far. */
export interface Work {
  site: SiteDefinition
  inventory: SiteInventory
  guests: readonly SiteGuest[]
  classify: (vm: ClassifiableVm) => Classification
  /** The characters of a VM's name, as patterns look at them. */
  characters: (vm: SiteVm) => readonly string[]
  /** What a text names among VMs, and among templates. */
  finders: Record<'vm' | 'template', (wanted: string) => One<SiteVm>>
  now: number
  drafts: Draft[]
  leftOut: LeftOut[]
  problems: SiteProblem[]
}

/** What a line names is not there, or not told apart. */
export const missing = (
  { leftOut, problems }: Work,
  component: SiteComponent,
  index: number,
  found: { missing: string; near: string[] } | { several: string[] },
): void => {
  const { role, target, protect } = component
  const name = target.vm ?? target.guest ?? target.pool ?? target.host ?? ''
  const what = targetWords(component)
  const covers = [index]
  const roles = [role]
  if (!protect) {
    leftOut.push({
      ...{ code: 'excluded', roles, name, covers, gap: false },
      reason: clip(`the definition leaves it out: ${component.because ?? ''}`),
    })
    return
  }
  if ('several' in found) {
    leftOut.push({
      ...{ code: 'ambiguous', roles, name, covers, gap: true },
      reason: `${found.several.length} have that name, and which one is meant is not told.`,
    })
    problems.push({
      ...{ code: 'SITE_NAME_AMBIGUOUS', level: 'error', covers },
      text: clip(
        `The definition names ${what} as ${roleWord(role)}, and ${found.several.length} have that name: ${found.several.slice(0, 5).join(', ')}.`,
      ),
      advice: 'Name it by its UUID instead.',
    })
    return
  }
  const hint =
    found.near.length > 0 ? ` Did you mean ${found.near.map(near => quoted(near)).join(', ')}?` : ''
  const where =
    target.guest === undefined
      ? 'no pool that a gateway reported has it'
      : 'no such guest is enrolled'
  leftOut.push({
    ...{ code: 'missing', roles, name, covers, gap: true },
    reason: `${where}.`,
  })
  problems.push({
    ...{ code: 'SITE_SERVER_MISSING', level: 'error', covers },
    text: clip(`The definition names ${what} as ${roleWord(role)}, and ${where}.${hint}`),
    advice:
      target.guest === undefined
        ? 'Correct the name (it has to match exactly), or see with "xenkeep gateways" whether the gateway of its pool calls. If it is gone for good, remove the line.'
        : 'Correct the name, or enrol the agent there ("xenkeep guests enrol"). If it is gone for good, remove the line.',
  })
}

/** What a line looks for is not there. */
export const nothingFits = (
  { leftOut, problems }: Work,
  component: SiteComponent,
  index: number,
): void => {
  const { role, protect } = component
  const isFine = !protect || role === 'pooled'
  const what = targetWords(component)
  leftOut.push({
    ...{ code: 'nothing-fits', roles: [role], covers: [index], gap: !isFine },
    name: what,
    reason: 'nothing that a gateway reported fits it.',
  })
  if (isFine) return
  problems.push({
    ...{ code: 'SITE_NOTHING_FITS', level: 'warning', covers: [index] },
    text: clip(`The definition takes ${what} as ${roleWord(role)}, and nothing fits.`),
    advice:
      'Compare names, tags and catalogs with "xenkeep vms"; where there are none any more, remove the line.',
  })
}

/** The definition itself leaves it out. */
export const excluded = (
  { leftOut }: Work,
  { role, because }: SiteComponent,
  index: number,
  name: string,
) =>
  leftOut.push({
    ...{ code: 'excluded', roles: [role], name, covers: [index], gap: false },
    reason: clip(`the definition leaves it out: ${because ?? ''}`),
  })
