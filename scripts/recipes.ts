/**
 * Writes docs/recipes.md from the recipes themselves: `node scripts/recipes.ts > docs/recipes.md && biome check --write docs/recipes.md`. A test compares.
 */
import { fileURLToPath } from 'node:url'
import { parseTemplate } from '../core/contracts/recipe-templates.ts'
import { PHASES, type Recipe } from '../core/contracts/recipes.ts'
import { evidenceText } from '../core/recipes/evidence-text.ts'
import { recipes } from '../recipes/index.ts'

const HEAD = `# Recipes that come with XenKeep

A recipe tells the agent in a guest how one thing is saved that only the machine itself can save well: a database, a directory, the state of a Windows server. It is data (\`recipes/*.json\`); an agent runs only what its own settings allow by name. Each comes with its label:

| label | means |
| --- | --- |
| tested | run by the tests of XenKeep on the real thing, saved and restored |
| not run on Windows | never run by the makers of XenKeep on the real thing: commands and answers follow the documentation of Microsoft and Citrix, and are tested against answers made from it (\`test/transcripts\`). Do the drill before you count on it |
| drilled on … | the same, and an owner went through the drill on that guest with that version of the recipe, and told so: \`xenkeep guests drilled GUEST --recipe NAME --note "…"\` |

Windows is expected in English: what its programs write is read. Made from the recipes (\`node scripts/recipes.ts > docs/recipes.md && biome check --write docs/recipes.md\`); a test compares. What a step of a kind does, and how a recipe of your own is made: [own-recipes.md](own-recipes.md).
`

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const list = (items: readonly string[]): string => items.map(item => `- ${item}\n`).join('')
const numbered = (items: readonly string[]): string =>
  items.map((item, index) => `${index + 1}. ${item}\n`).join('')

/** A text for people, with the places of values in angle brackets. */
const plain = (template: string): string =>
  (parseTemplate(template) ?? [{ text: template }])
    .map(part => ('text' in part ? part.text : `‹${part.name}›`))
    .join('')

const defaultText = (value: unknown): string => {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return ''
  return `\`${Array.isArray(value) ? value.join('`, `') : String(value)}\``
}

const parametersTable = ({ parameters }: Recipe): string => {
  const rows = Object.entries(parameters).map(
    ([name, { description, default: value, required, local }]) =>
      `| \`${name}\` | ${required ? 'has to be told' : defaultText(value)} | ${cell(description)}${local ? " Only by the guest's settings." : ''} |`,
  )
  return rows.length === 0
    ? ''
    : `| parameter | unless told | |\n| --- | --- | --- |\n${rows.join('\n')}\n\n`
}

const stepsList = ({ phases }: Recipe): string =>
  PHASES.flatMap(phase => {
    const steps = phases[phase] ?? []
    if (steps.length === 0) return []
    const told = steps.map(({ does, manual }) => (manual ? `${does}: ${plain(manual.text)}` : does))
    return [`**${phase}**\n\n${numbered(told)}`]
  }).join('\n')

const chapter = (recipe: Recipe): string => {
  const { name, version, title, description, roles, privileges, secrets, drill = [] } = recipe
  const secretTexts = Object.entries(secrets).map(
    ([secret, { description: what }]) => `\`${secret}\`: ${what}`,
  )
  return `## ${title}

\`${name}\`, version ${version} · ${recipe.os} · roles: ${roles.join(', ')} · consistency: ${recipe.consistency} · **${evidenceText(recipe)}**

${description}

It needs:

${list(privileges)}
${parametersTable(recipe)}${secretTexts.length > 0 ? `Secrets:\n\n${list(secretTexts)}\n` : ''}${stepsList(recipe)}${drill.length > 0 ? `\n**Drill**\n\n${numbered(drill)}` : ''}`
}

/** docs/recipes.md, in the order of names. */
export const recipesPage = (): string => {
  const all = [...recipes.values()].sort((a, b) => a.name.localeCompare(b.name))
  const rows = all.map(
    recipe =>
      `| \`${recipe.name}\` | ${cell(recipe.title)} | ${recipe.roles.join(', ')} | ${evidenceText(recipe)} |`,
  )
  return `${HEAD}
| recipe | saves | roles | label |
| --- | --- | --- | --- |
${rows.join('\n')}

${all.map(chapter).join('\n')}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(recipesPage())
