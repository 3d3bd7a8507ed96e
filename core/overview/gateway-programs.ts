import type { OpenProblem } from '../contracts/overview-api.ts'
import { type Gateway, SCRIPTS_NOTED } from '../gateways/gateway.ts'
import { namesText } from './words.ts'

const problem = (text: string, advice: string): OpenProblem => ({
  ...{ kind: 'gateway-programs', standing: 'warning', go: { to: 'gateways' } },
  ...{ text, advice },
})

/** Programs of the settings of one gateway that could not be run. */
export const missingPrograms = ({ name, missingScripts = [] }: Gateway): OpenProblem[] =>
  missingScripts.length === 0
    ? []
    : [
        problem(
          `The settings of the gateway ${namesText([name])} name programs whose files are not there or may not be run: ${namesText(missingScripts)}.`,
          'Put them in their places, or take them out of its settings.',
        ),
      ]

/** Of more programs than are noted, in the order of their names, nobody knows what comes behind the last. */
const isMissing = (name: string, noted: readonly string[]): boolean =>
  !noted.includes(name) && (noted.length < SCRIPTS_NOTED || name < (noted.at(-1) ?? ''))

/**
 * Gateways of one pool that have other programs around backups: whichever takes the next job, a policy that names one has to find it there. What gateways of before
 * have nobody knows.
 */
export const differingPrograms = (gateways: readonly Gateway[]): OpenProblem[] => {
  const told = new Map<string, OpenProblem>()
  const known = gateways.flatMap(({ hookScripts, ...gateway }) =>
    hookScripts ? [{ ...gateway, hookScripts }] : [],
  )
  for (const one of known)
    for (const other of known) {
      const pool = one.pools.find(({ uuid }) => other.pools.some(shared => shared.uuid === uuid))
      const lacks = one.hookScripts.filter(name => isMissing(name, other.hookScripts))
      const pair = `${one.gatewayId} ${other.gatewayId}`
      if (one.gatewayId === other.gatewayId || !pool || lacks.length === 0) continue
      told.set(
        pair,
        problem(
          `The gateways ${namesText([one.name, other.name])} serve the pool ${namesText([pool.name || pool.uuid])}, and only ${namesText([one.name])} has the ${lacks.length === 1 ? 'program' : 'programs'} ${namesText(lacks)}: a policy that names ${lacks.length === 1 ? 'it' : 'one of them'} would fail at the other one.`,
          'Give both the same hookScripts in their settings.',
        ),
      )
    }
  return [...told.values()]
}
