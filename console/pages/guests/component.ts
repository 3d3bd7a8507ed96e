import type { GuestDetail, GuestView, RecipeFacts } from '#core/contracts/guests-api.ts'

/** One thing that a guest saves by a recipe: what the control plane knows of it, and what the agent told. */
export type Component = GuestView['recipes'][number] & { told?: RecipeFacts }

export const componentsOf = ({
  recipes,
  facts,
}: Pick<GuestDetail, 'recipes' | 'facts'>): Component[] =>
  recipes.map(of => {
    const told = facts.find(
      ({ recipe, instance }) => recipe === of.recipe && instance === of.instance,
    )
    return { ...of, ...(told && { told }) }
  })

/** As it is called wherever it is one of several: by its recipe, and by its instance where there is one. */
export const componentName = ({
  recipe,
  instance,
}: {
  recipe: string
  instance?: string | undefined
}): string => (instance === undefined ? recipe : `${recipe} (${instance})`)
