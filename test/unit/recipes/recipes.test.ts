import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Recipe } from '#core/contracts/recipes.ts'
import { evidenceText } from '#core/recipes/evidence-text.ts'
import { planOf } from '#core/recipes/plan.ts'
import { recipes } from '#recipes/index.ts'
import { recipesPage } from '../../../scripts/recipes.ts'

const NOT_RUN = 'not run on Windows'

const files = readdirSync('recipes').filter(file => file.endsWith('.json'))

test('every recipe that comes with the product is listed, under the name of its file', () => {
  expect([...recipes.keys()].sort()).toEqual(files.map(file => file.replace('.json', '')).sort())
})

test.each(files)('%s is a recipe, and tells what an administrator has to know', file => {
  const recipe = Recipe.parse(JSON.parse(readFileSync(`recipes/${file}`, 'utf8')))
  expect(recipe.name).toBe(file.replace('.json', ''))
  // What was not run on the real thing comes with the way to prove it there.
  if (recipe.evidence === 'transcript') expect(recipe.drill?.length).toBeGreaterThan(0)
})

/** Without the widths of tables, which the formatter chooses. */
const bare = (page: string) => page.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')

test('docs/recipes.md is what the recipes say', () => {
  expect(bare(readFileSync('docs/recipes.md', 'utf8'))).toBe(bare(recipesPage()))
})

test.each([
  [{ evidence: 'tested' as const, os: 'linux' as const, version: 1 }, undefined, 'tested'],
  [{ evidence: 'transcript' as const, os: 'windows' as const, version: 2 }, undefined, NOT_RUN],
  [
    { evidence: 'transcript' as const, os: 'windows' as const, version: 2 },
    { version: 2, at: Date.UTC(2026, 10, 23, 23, 59) },
    'drilled on 2026-11-23',
  ],
  [
    { evidence: 'transcript' as const, os: 'windows' as const, version: 2 },
    { version: 1, at: Date.UTC(2026, 10, 23) },
    `${NOT_RUN} (version 1 was drilled on 2026-11-23)`,
  ],
])('the label of %j after the drill %j is "%s"', (recipe, drill, label) => {
  expect(evidenceText(recipe, drill)).toBe(label)
})

test.each([
  ['postgresql', { server: 'elsewhere.example' }],
  ['sql-server', { server: 'elsewhere' }],
  ['samba-ad-dc', { ldapUrl: 'ldaps://elsewhere.example' }],
  ['samba-ad-dc', { configFile: '/tmp/smb.conf' }],
  ['citrix-licence-server', { folder: 'C:\\Users' }],
  ['windows-files', { volume: 'D:' }],
  ['windows-system-state', { backupVolume: 'D:' }],
])('no job leads the recipe %s elsewhere than the guest says: %j', (name, parameters) => {
  const recipe = recipes.get(name) as Recipe
  const { os } = recipe
  const plan = () =>
    planOf(recipe, {
      ...{ phases: ['capture'], parameters, allowed: {} },
      os: os === 'any' ? 'linux' : os,
    })
  expect(plan).toThrow(expect.objectContaining({ code: 'RECIPE_NOT_ALLOWED' }))
})
