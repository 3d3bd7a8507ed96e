import { GuestNotFoundError } from '#core/errors/guests.ts'
import { RecipeUnknownError } from '#core/errors/recipes.ts'
import { keepDrill } from '#core/gateways/drills.ts'
import { agentOf, readGuestFacts } from '#core/gateways/guest.ts'
import { evidenceText, ownEvidenceText } from '#core/recipes/evidence-text.ts'
import { recipes } from '#recipes/index.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { isGuest } from './guest-view.ts'

/** An owner went through the drill of a recipe: from now on its label on this guest says when. */
export const tellDrill =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params: { guestUuid },
    body: { recipe: name, note },
    caller,
  }: RouteCall<'tellDrill'>): Promise<RouteReply<'tellDrill'>> => {
    const agent = await agentOf(catalog, guestUuid)
    if (!agent || agent.revoked || !isGuest(agent)) throw new GuestNotFoundError(guestUuid)
    const shipped = recipes.get(name)
    const recipe = shipped ?? (await ownRecipe(catalog, guestUuid, name))
    if (!recipe)
      throw new RecipeUnknownError(
        name,
        'none of this name comes with XenKeep, and the guest has not told of one of its own.',
      )
    const { version } = recipe
    const drill = { recipe: name, version, at: clock.now(), by: caller.name.slice(0, 500), note }
    await keepDrill(catalog, guestUuid, drill)
    return { ...drill, label: (shipped ? evidenceText : ownEvidenceText)(recipe, drill) }
  }

/** A recipe of the site's own, as the agent told of it. */
const ownRecipe = async (catalog: Ports['catalog'], guestUuid: string, name: string) => {
  const told = (await readGuestFacts(catalog, guestUuid))?.recipes
  const { own, version } = told?.find(({ recipe }) => recipe === name) ?? {}
  return own && version !== undefined ? { ...own, version } : undefined
}

export const handler = httpHandler('tellDrill', tellDrill)
