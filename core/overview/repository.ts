import type { DailyFacts } from '../contracts/notifications.ts'
import type { Answer, OpenProblem } from '../contracts/overview-api.ts'
import type { ReplicaView } from '../contracts/replicated-points.ts'
import type { KeptSchedule } from '../maintenance/schedule.ts'
import type { RepositoryState } from '../maintenance/state.ts'
import { countOf, dayText } from './words.ts'

const go = { to: 'repository' } as const

export interface RepositoryLook {
  state: RepositoryState
  verification: DailyFacts['verification']
  schedule: KeptSchedule | undefined
  replica: ReplicaView | undefined
  /** Whether a gateway may work on the repository. */
  isTended: boolean
}

/** What is wrong with the repository, once there is anything in it. */
export const repositoryProblems = ({
  state,
  verification,
  schedule,
  replica,
  isTended,
}: RepositoryLook): OpenProblem[] => {
  const problems: OpenProblem[] = []
  const { damages = 0, affected = [], at } = state.verification?.report ?? {}
  if (damages > 0)
    problems.push({
      ...{ kind: 'damage', standing: 'bad', go },
      text: `${countOf(damages, 'object')} in the repository ${damages === 1 ? 'is' : 'are'} damaged, and parts of ${countOf(affected.length, 'recovery point')} cannot be read.`,
      ...(at !== undefined && { since: at }),
      advice: 'What to do: docs/maintenance.md, "When damage is found".',
    })
  if (verification?.overdue) problems.push(overdueProblem(verification))
  if (!isTended && verification)
    problems.push({
      ...{ kind: 'maintenance', standing: 'warning', go: { to: 'gateways' } },
      text: 'No gateway may work on the repository: nothing expires and nothing is verified.',
      advice: 'Let a gateway do it.',
    })
  if (schedule && !schedule.schedule.enabled)
    problems.push({
      ...{ kind: 'maintenance', standing: 'warning', go },
      text: 'The repository is not looked after by itself: points stay beyond their retention, and nothing is verified.',
      advice: 'Switch its schedule on, or start it by hand.',
    })
  if (schedule?.trouble !== undefined)
    problems.push({
      ...{ kind: 'maintenance', standing: 'warning', go },
      text: `The work on the repository could not begin: ${schedule.trouble}`,
    })
  return [...problems, ...secondCopyProblems(replica)]
}

const overdueProblem = ({
  last,
  points,
}: NonNullable<DailyFacts['verification']>): OpenProblem => ({
  ...{ kind: 'verification-overdue', standing: 'warning', go },
  text:
    points && points.overdue > 0
      ? `Not all of ${countOf(points.overdue, 'recovery point')} was read back within ${countOf(points.days, 'day')}.`
      : last === undefined
        ? 'The repository was never verified.'
        : `The repository was verified last on ${dayText(last)}.`,
  ...(last !== undefined && { since: last }),
  advice: 'Look after it now, or let more of it be verified each day.',
})

const secondCopyProblems = (replica: ReplicaView | undefined): OpenProblem[] => {
  if (!replica) return []
  const { place, trouble, compared } = replica
  const kind = { kind: 'second-copy', standing: 'warning', go } as const
  if (trouble)
    return [
      {
        ...kind,
        text: `The second copy in ${place} could not be compared: ${trouble.message}`,
        since: trouble.at,
      },
    ]
  const lacking = compared ? compared.points - compared.restorable : 0
  return lacking > 0
    ? [
        {
          ...kind,
          text: `${countOf(lacking, 'recovery point')} could not be restored from the second copy in ${place} alone.`,
          since: compared?.asOf ?? 0,
        },
      ]
    : []
}

export const restorableAnswer = (verification: DailyFacts['verification']): Answer => {
  if (!verification) return { standing: 'info', text: 'There is no recovery point yet.' }
  const { last, damages = 0, overdue, points } = verification
  if (last === undefined)
    return {
      standing: overdue ? 'warning' : 'info',
      text: 'Nothing that is stored was verified yet.',
    }
  if (damages > 0)
    return {
      standing: 'bad',
      text: `The verification of ${dayText(last)} found damage: not everything can be restored.`,
    }
  const read = points
    ? ` All of ${countOf(points.whole, 'recovery point')} was read back within ${countOf(points.days, 'day')}${points.overdue > 0 ? `, and not all of ${points.overdue.toLocaleString('en')}` : ''}.`
    : ''
  return {
    standing: overdue ? 'warning' : 'good',
    text: `The verification of ${dayText(last)} found no damage.${read}`,
  }
}
