import type { RecipeFacts } from '../contracts/guests-api.ts'
import type { Recipe } from '../contracts/recipes.ts'
import type { SiteGuest, SiteGuestRecipe } from '../contracts/site-guest.ts'
import { type EnrolledGuest, type Gateway, readGateways } from '../gateways/gateway.ts'
import { type GuestFacts, readGuestFacts } from '../gateways/guest.ts'
import type { Catalog } from '../ports.ts'
import { someAtOnce } from '../runs/some-at-once.ts'
import { controllerFacts, directoryFacts } from './controller-facts.ts'

/** The recipes that come with the product, by name. Those of a site alone are known by what their guest tells. */
export type KnownRecipes = ReadonlyMap<string, Recipe>

/** The guests that a site may name, with what their agents found out. */
export const readSiteGuests = async (
  catalog: Catalog,
  recipes: KnownRecipes,
): Promise<SiteGuest[]> => {
  const guests = (await readGateways(catalog)).flatMap(({ guest, ...agent }) =>
    guest ? [{ ...agent, guest }] : [],
  )
  return someAtOnce(guests, async gateway =>
    siteGuest(gateway, await readGuestFacts(catalog, gateway.guest.guestUuid), recipes),
  )
}

const siteGuest = (
  { name, guest, lastSeen }: Pick<Gateway, 'name' | 'lastSeen'> & { guest: EnrolledGuest },
  told: GuestFacts | undefined,
  known: KnownRecipes,
): SiteGuest => {
  const { guestUuid, vmUuid, os } = guest
  const all = told?.recipes ?? []
  const first = <T>(find: (facts: RecipeFacts['facts']) => T | undefined): T | undefined =>
    all.map(({ facts }) => find(facts)).find(found => found !== undefined)
  const controller = first(controllerFacts)
  const directory = first(directoryFacts)
  return {
    ...{ guestUuid, name, vmUuid, os, lastSeen },
    freezes: told?.freeze !== undefined && told.freeze.problem === undefined,
    recipes: [...Map.groupBy(all, ({ recipe }) => recipe)].map(([recipe, of]) =>
      siteRecipe(recipe, of, known.get(recipe)),
    ),
    ...(controller && { controller }),
    ...(directory && { directory }),
  }
}

/** @param told one for each instance */
const siteRecipe = (
  name: string,
  told: readonly RecipeFacts[],
  recipe: Recipe | undefined,
): SiteGuestRecipe => {
  const instances = told.flatMap(({ instance }) => instance ?? [])
  // One that works is enough: which of several does not, its job tells.
  const problem = told.every(one => one.problem !== undefined) ? told[0]?.problem : undefined
  const evidence = recipe?.evidence ?? told.find(({ own }) => own)?.own?.evidence
  return {
    name,
    title: recipe?.title ?? name,
    roles: recipe?.roles ?? [],
    phases: [...new Set(told.flatMap(({ phases }) => phases))],
    ...(recipe?.pauseSeconds !== undefined && { pauses: true }),
    ...(instances.length > 0 && { instances }),
    ...(problem !== undefined && { problem }),
    ...(evidence && { evidence }),
  }
}
