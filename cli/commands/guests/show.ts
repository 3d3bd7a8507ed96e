import type { GuestDetail, RecipeFacts } from '#core/contracts/guests-api.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { safeText } from '../../output/safe-text.ts'
import type { TimeFormat } from '../../output/units.ts'
import { findGuest } from './find-guest.ts'

/** `xenkeep guests show`. JSON: `{"guest":GuestDetail}`. */
export const showGuestCommand = (program: Program) =>
  newCommand('show', 'what a guest is, what its recipes found on it, and what it may freeze', [
    'xenkeep guests show db-01',
    "xenkeep guests show db-01 --json | jq '.guest.facts'",
  ])
    .argument('<guest>', 'UUID or exact name')
    .action(
      action(program, async (session, wanted: string) => {
        const { guestUuid } = await findGuest(session, wanted)
        const guest = await session.client.call('getGuest', { params: { guestUuid } })
        answer(session, { guest }, () => guestLines(guest, session.host.time))
        return ExitCode.ok
      }),
    )

const guestLines = (guest: GuestDetail, time: TimeFormat): string[] => {
  const { name, problems, vm, lastSeen, factsAt, freeze } = guest
  const facts: [string, string][] = [
    ['guest', guest.guestUuid],
    ['enrolled', `${time(guest.enrolled)}, as ${guest.gatewayId}`],
    ['key', keyText(guest, time)],
    ['VM', vm ? [vm.name, vm.uuid].filter(Boolean).join(', ') : 'not told at its enrolment'],
    ['machine', `${guest.machine}, ${guest.osName}`],
    ['version', guest.version ?? 'not told'],
    ['last call', lastSeen === undefined ? 'never' : time(lastSeen)],
    ['holds still', freezeText(freeze)],
  ]
  return [
    name,
    ...(problems.length === 0 ? [wellText(guest)] : problems.map(problem => `LOOK  ${problem}`)),
    ...facts.map(([title, value]) => `  ${title.padEnd(11)}  ${value}`),
    '',
    factsAt === undefined
      ? 'It has not told yet what its recipes found.'
      : `What its recipes found, told ${time(factsAt)}:`,
    ...guest.facts.flatMap(facts => recipeLines(facts, guest)),
    ...(factsAt !== undefined && guest.facts.length === 0
      ? ['  Its settings allow no recipe.']
      : []),
  ].map(line => safeText(line).trimEnd())
}

const wellText = ({ facts, freeze }: GuestDetail): string =>
  facts.some(({ problem }) => problem !== undefined) || freeze?.problem !== undefined
    ? 'Its agent is well; what is marked below needs a look.'
    : 'It is well.'

/** Control planes of before do not tell. */
const keyText = ({ keySince, newKeyAsked }: GuestDetail, time: TimeFormat): string =>
  `${keySince === undefined ? 'not told' : `since ${time(keySince)}`}${newKeyAsked === undefined ? '' : ', asked for a new one'}`

const freezeText = (freeze: GuestDetail['freeze']): string => {
  if (!freeze) return 'its settings do not allow it'
  const what = [...freeze.mounts, ...freeze.recipes.map(recipe => `the recipe ${recipe}`)]
  return `${what.join(', ')}${freeze.problem === undefined ? '' : `. LOOK: ${freeze.problem}`}`
}

const recipeLines = (
  { recipe, version, instance, phases, problem, facts }: RecipeFacts,
  { recipes }: Pick<GuestDetail, 'recipes'>,
) => [
  `  ${recipe}${instance ? ` (${instance})` : ''}${version === undefined ? '' : `, version ${version}`}: allowed to ${phases.join(', ')}${labelText(recipes.find(of => of.recipe === recipe)?.label)}`,
  ...(problem === undefined ? [] : [`    LOOK  ${problem}`]),
  ...Object.entries(facts).map(([fact, value]) => `    ${fact}: ${JSON.stringify(value)}`),
]

const labelText = (label: string | undefined): string => (label === undefined ? '' : `; ${label}`)
