import type { OpenProblem } from '../contracts/overview-api.ts'
import type { EstateLook } from './estate.ts'
import { countOf, namesText } from './words.ts'

/** For so long change without signs of encryption is told of, in ms; with them until somebody says why. */
const TOLD_FOR = 7 * 86_400_000

/** VMs that changed unusually and of which nobody said why; those with signs of encryption are told apart. */
export const unusualProblems = (
  { points }: Pick<EstateLook, 'points'>,
  now: number,
): OpenProblem[] => {
  const changes = points.flatMap(({ name, unusual }) =>
    unusual && !unusual.acknowledged ? [{ name, ...unusual }] : [],
  )
  const suspicious = changes.filter(change => change.suspicious)
  const others = changes.filter(change => !change.suspicious && now - change.taken < TOLD_FOR)
  const problem = (
    of: typeof changes,
    standing: OpenProblem['standing'],
    how: string,
    advice: string,
  ): OpenProblem[] =>
    of.length === 0
      ? []
      : [
          {
            ...{ kind: 'unusual-change', standing, go: { to: 'unusual-vms' } },
            text: `${countOf(of.length, 'virtual machine')} changed unusually much${how}: ${namesText(of.map(({ name }) => name))}.`,
            since: Math.min(...of.map(({ taken }) => taken)),
            advice,
          },
        ]
  return [
    ...problem(
      suspicious,
      'warning',
      ', in a way that encryption by an attacker leaves, too, and nobody has said why',
      'Look at each; the newest point from before it stays until somebody says why. Where you know it, say so.',
    ),
    ...problem(
      others,
      'info',
      ' within the last seven days',
      'Where you know why, say so; after a week it is told no more.',
    ),
  ]
}
