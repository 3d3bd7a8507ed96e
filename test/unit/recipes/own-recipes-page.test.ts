import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { GuestSettings } from '#core/contracts/guest-settings.ts'
import { ACTIONS } from '#core/contracts/recipe-steps.ts'
import { Recipe } from '#core/contracts/recipes.ts'
import { planOf } from '#core/recipes/plan.ts'
import { rules } from '#core/recipes/rules.ts'

const page = readFileSync('docs/own-recipes.md', 'utf8')
const [recipe = '', settings = ''] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(
  ([, json]) => json,
)

test('the example of a recipe is one, and the settings beside it allow it', () => {
  const example = Recipe.parse(JSON.parse(recipe))
  const { recipes } = GuestSettings.parse(JSON.parse(settings).guest)
  const phases = ['probe', 'capture', 'restore', 'release'] as const
  const plan = planOf(example, { phases, allowed: recipes[example.name], os: 'linux' })
  expect(plan.steps.map(({ step }) => step.id)).toEqual([
    'version',
    'keep',
    'free',
    'stop',
    'write',
  ])
})

test('the page names every action and every rule', () => {
  for (const name of [...ACTIONS, ...rules.keys()]) expect(page).toContain(`\`${name}\``)
})
