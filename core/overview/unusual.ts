import type { OpenProblem } from '../contracts/overview-api.ts'
import type { EstateLook } from './estate.ts'
import { countOf, namesText } from './words.ts'

/** For so long a point of unusual change is told of, in ms: nobody marks it as looked at. */
const TOLD_FOR = 7 * 86_400_000

/** VMs whose newest point of unusual change is a few days old; those with signs of encryption are told apart. */
export const unusualProblems = (
  { points }: Pick<EstateLook, 'points'>,
  now: number,
): OpenProblem[] => {
  const found = points.filter(({ unusual }) => unusual && now - unusual.taken < TOLD_FOR)
  const suspicious = found.filter(({ unusual }) => unusual?.suspicious)
  const others = found.filter(({ unusual }) => !unusual?.suspicious)
  const problem = (
    of: typeof found,
    standing: OpenProblem['standing'],
    what: string,
  ): OpenProblem[] =>
    of.length === 0
      ? []
      : [
          {
            ...{ kind: 'unusual-change', standing, go: { to: 'unusual-vms' } },
            text: `${countOf(of.length, 'virtual machine')} changed ${what} within the last seven days: ${namesText(of.map(({ name }) => name))}.`,
            since: Math.min(...of.map(({ unusual }) => unusual?.taken ?? now)),
          },
        ]
  return [
    ...problem(
      suspicious,
      'warning',
      'unusually much, in a way that encryption by an attacker leaves, too,',
    ),
    ...problem(others, 'info', 'unusually much'),
  ]
}
