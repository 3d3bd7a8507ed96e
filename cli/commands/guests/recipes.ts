import type { RecipeView } from '#core/contracts/recipes-api.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { quoted } from '../../output/safe-text.ts'
import { type Column, table } from '../../output/table.ts'

/** `xenkeep guests recipes`. JSON: `{"recipes":[RecipeView]}`. */
export const recipesCommand = (program: Program) =>
  newCommand('recipes', 'list the recipes that come with XenKeep, or show one with its drill', [
    'xenkeep guests recipes',
    'xenkeep guests recipes sql-server',
  ])
    .argument('[recipe]', 'its name')
    .action(
      action(program, async (session, wanted?: string) => {
        const all = (await session.client.call('getRecipes')).recipes
        const recipes = wanted === undefined ? all : all.filter(({ name }) => name === wanted)
        const [only] = recipes
        if (!only)
          throw new UsageError(
            `No recipe ${quoted(wanted ?? '')} comes with XenKeep.`,
            '"xenkeep guests recipes" lists them.',
          )
        answer(session, { recipes }, () =>
          wanted === undefined ? table(COLUMNS, recipes) : linesOf(only),
        )
        return ExitCode.ok
      }),
    )

const COLUMNS: Column<RecipeView>[] = [
  { title: 'RECIPE', cell: ({ name }) => name },
  { title: 'SAVES', cell: ({ title }) => title },
  { title: 'SYSTEM', cell: ({ os }) => os },
  { title: 'LABEL', cell: ({ label }) => label },
]

const linesOf = (recipe: RecipeView): string[] => {
  const { name, version, title, description, label, os, privileges } = recipe
  return [
    `${name}, version ${version}: ${title}`,
    `${label}; system: ${os}; consistency: ${recipe.consistency}`,
    '',
    description,
    ...below('It needs:', privileges),
    ...below(
      'Parameters:',
      recipe.parameters.map(of => `${of.name}: ${of.description}${of.local ? LOCAL : ''}`),
    ),
    ...below('A restore, step by step:', recipe.restore.map(stepText)),
    ...below('Drill:', recipe.drill ?? []),
  ]
}

const LOCAL = " Only by the guest's settings."

const stepText = ({ id, does, by, rule }: RecipeView['restore'][number]): string =>
  `${id}: ${by === 'person' ? 'a person ' : ''}${does}${rule === undefined ? '' : ` (rule ${rule})`}`

const below = (title: string, texts: readonly string[]): string[] =>
  texts.length === 0 ? [] : ['', title, ...texts.map(text => `  ${text}`)]
