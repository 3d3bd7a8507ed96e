import type { SiteComponent } from '../contracts/site.ts'
import type { SiteProblem, SiteStage } from '../contracts/site-graph.ts'
import type { SiteGuest, SiteGuestRecipe } from '../contracts/site-guest.ts'
import type { SiteRole } from '../contracts/site-roles.ts'
import { clip, type Draft, SILENT_MS } from './known.ts'
import { inRoleOrder, type LeftOut, numbers } from './skips.ts'
import { byText, namesOf, quoted, roleWord } from './words.ts'

/** What came of one line whose target is a guest. */
export interface OfGuest {
  drafts: Draft[]
  leftOut: LeftOut[]
  problems: SiteProblem[]
}

/** Exports and databases come first: what servers keep of themselves refers to nothing in them, and machines do. */
const stageOf = (role: SiteRole): SiteStage =>
  role === 'ddc' || role === 'sql' ? 'logical' : 'state'

/**
 * What a guest saves for a line: one task for each instance of its recipe.
 * @param now ms since 1970
 */
export const ofGuest = (
  component: SiteComponent,
  index: number,
  guest: SiteGuest,
  now: number,
): OfGuest => {
  const { role } = component
  const gap = (
    code: LeftOut['code'],
    reason: string,
    problem: Omit<SiteProblem, 'covers' | 'level'>,
  ): OfGuest => ({
    drafts: [],
    leftOut: [
      {
        code,
        reason,
        gap: true,
        roles: [role],
        name: guest.name,
        uuid: guest.guestUuid,
        covers: [index],
      },
    ],
    problems: [{ level: 'error', ...problem, text: clip(problem.text), covers: [index] }],
  })
  if (!component.protect)
    return {
      drafts: [],
      leftOut: [
        {
          ...{ code: 'excluded', gap: false, roles: [role], name: guest.name, covers: [index] },
          uuid: guest.guestUuid,
          reason: `the definition leaves it out: ${component.because ?? ''}`,
        },
      ],
      problems: [],
    }
  const chosen = recipeFor(component, guest)
  if ('why' in chosen) return gap(chosen.code, chosen.why, { ...chosen.problem })
  const silence = silenceOf(guest, now)
  if (silence)
    return gap('guest-silent', `its agent ${silence}, so nothing could be asked of it.`, {
      code: 'SITE_GUEST_SILENT',
      text: `The agent of the ${roleWord(role)} ${quoted(guest.name)} ${silence}: what its recipe ${quoted(chosen.recipe.name)} saves is missing from the point of the site.`,
      advice: `Look on that machine whether the service of the agent runs and reaches the control plane; "xenkeep guests show ${shellName(guest.name)}" tells when it called last.`,
    })
  const { recipe } = chosen
  const instances =
    component.instance === undefined ? (recipe.instances ?? []) : [component.instance]
  if (
    component.instance !== undefined &&
    recipe.instances &&
    !recipe.instances.includes(component.instance)
  )
    return gap(
      'missing',
      `its recipe ${quoted(recipe.name)} found no instance ${quoted(component.instance)}.`,
      {
        code: 'SITE_INSTANCE_MISSING',
        text: `On ${quoted(guest.name)} the recipe ${quoted(recipe.name)} finds no instance ${quoted(component.instance)}; it found ${recipe.instances.length > 0 ? namesOf([...recipe.instances].sort(byText)) : 'none'}.`,
        advice: 'Correct "instance" in the definition, or leave it out to save every instance.',
      },
    )
  return {
    drafts: (instances.length > 0 ? [...new Set(instances)].sort(byText) : [undefined]).map(
      instance => draftOf(component, index, guest, recipe, instance),
    ),
    leftOut: [],
    problems: recipe.problem
      ? [
          {
            ...{ code: 'SITE_RECIPE_NOT_READY', level: 'warning', covers: [index] },
            text: clip(
              `The recipe ${quoted(recipe.name)} on ${quoted(guest.name)} said when it was tried last: ${recipe.problem}`,
            ),
            advice:
              'It is tried again at each run. Mend what it says on that machine; "xenkeep guests show" tells when it is well.',
          },
        ]
      : [],
  }
}

/** A name as it can be typed. */
const shellName = (name: string): string => (/^[\w.-]+$/.test(name) ? name : quoted(name))

/** @returns a clause: since when an agent is silent; `undefined` where it is not */
export const silenceOf = ({ lastSeen }: SiteGuest, now: number): string | undefined => {
  if (lastSeen === undefined) return 'never called'
  const silent = now - lastSeen
  if (silent <= SILENT_MS) return undefined
  const minutes = Math.round(silent / 60_000)
  return minutes < 120
    ? `has been silent for ${minutes} minutes`
    : `has been silent for ${Math.round(minutes / 60).toLocaleString('en')} hours`
}

type Choice =
  | { recipe: SiteGuestRecipe }
  | {
      code: 'no-recipe' | 'not-allowed'
      why: string
      problem: Pick<SiteProblem, 'code' | 'text' | 'advice'>
    }

const recipeFor = ({ role, recipe: wanted }: SiteComponent, guest: SiteGuest): Choice => {
  const allowed = guest.recipes.filter(({ phases }) => phases.includes('capture'))
  if (wanted !== undefined) {
    const found = guest.recipes.find(({ name }) => name === wanted)
    if (found && allowed.includes(found)) return { recipe: found }
    const lacks = found
      ? `allows the recipe ${quoted(wanted)} only for ${namesOf([...found.phases].sort(byText))}`
      : `does not allow the recipe ${quoted(wanted)}`
    return {
      code: 'not-allowed',
      why: `its own settings ${found ? 'do not let the recipe capture' : 'do not allow the recipe'} ${quoted(wanted)}.`,
      problem: {
        code: 'SITE_RECIPE_NOT_ALLOWED',
        text: `The agent ${quoted(guest.name)} ${lacks}, so the ${roleWord(role)} there is not saved by it.`,
        advice: `Whoever looks after that machine allows it with "recipes" in the settings of its agent (docs/guests.md); it cannot be allowed from here.`,
      },
    }
  }
  const fitting = [
    ...new Map(
      allowed.filter(({ roles }) => roles.includes(role)).map(recipe => [recipe.name, recipe]),
    ).values(),
  ]
  const [only, ...others] = fitting
  if (only && others.length === 0) return { recipe: only }
  const names = fitting.map(({ name }) => name).sort(byText)
  return {
    code: 'no-recipe',
    why: only
      ? `several recipes that it allows are for this role (${names.join(', ')}), and the definition names none.`
      : `it allows no recipe that is for the role "${role}".`,
    problem: {
      code: only ? 'SITE_RECIPE_NOT_CHOSEN' : 'SITE_RECIPE_NOT_ALLOWED',
      text: only
        ? `The agent ${quoted(guest.name)} allows ${names.length} recipes for the role "${role}": ${namesOf(names)}. The definition does not say which.`
        : `The agent ${quoted(guest.name)} allows no recipe for the role "${role}", so the ${roleWord(role)} there is not saved by it.`,
      advice: only
        ? 'Name one with "recipe"; a line for each saves with several.'
        : 'Allow one with "recipes" in the settings of its agent (docs/recipes.md lists them), or save the machine as a VM.',
    },
  }
}

const draftOf = (
  { role, parameters }: SiteComponent,
  index: number,
  { guestUuid, name, vmUuid }: SiteGuest,
  recipe: SiteGuestRecipe,
  instance: string | undefined,
): Draft => {
  const of = instance === undefined ? '' : ` of ${quoted(instance)}`
  return {
    kind: 'component',
    id: `component:${guestUuid}:${recipe.name}:${instance ?? ''}`,
    stage: stageOf(role),
    roles: inRoleOrder([role]),
    title: clip(`Save ${recipe.title}${of} on ${quoted(name)} (${roleWord(role)})`, 500),
    does: [
      clip(
        `The agent ${quoted(name)} saves it with its recipe ${quoted(recipe.name)}${recipe.pauses ? ', which brings it to rest for a moment' : ', while it goes on working'}.`,
      ),
      ...(recipe.evidence === 'transcript'
        ? [
            'This recipe was not run on Windows by us: do its drill (docs/recipes.md) before you count on it.',
          ]
        : []),
    ],
    covers: numbers([index]),
    guestUuid,
    guestName: name,
    ...(vmUuid !== undefined && { vmUuid }),
    recipe: recipe.name,
    ...(instance !== undefined && { instance }),
    ...(parameters && { parameters }),
  }
}
