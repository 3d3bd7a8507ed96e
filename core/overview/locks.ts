import type { Answer, OpenProblem } from '../contracts/overview-api.ts'
import type { EstateLook, LookedAt } from './estate.ts'
import { countOf, dayText, namesText } from './words.ts'

const DAY = 86_400_000 // ms
/** A lock that ends so soon is told of, where it was so long that the next point should have come before. */
const SOON = 3 * DAY
const LONG = 6 * DAY

/** How the newest points of VMs that a policy takes are locked, as the store showed it when each was made. */
export const locksOf = (
  { taken }: Pick<EstateLook, 'taken'>,
  now: number,
): { answer: Answer; problems: OpenProblem[] } => {
  const vms = taken.flatMap(vm => (vm.newest ? [{ ...vm, newest: vm.newest }] : []))
  const until = (vm: LookedAt) => vm.newest?.lock?.until ?? 0
  const locked = vms.filter(vm => until(vm) > now)
  const ended = vms.filter(vm => until(vm) > 0 && until(vm) <= now)
  const ending = locked.filter(
    vm => until(vm) - now < SOON && until(vm) - (vm.newest?.taken ?? 0) >= LONG,
  )
  const untold = vms.filter(({ newest }) => newest.lock === undefined)
  return {
    answer: answerOf({
      all: vms.length,
      locked: locked.length,
      untold: untold.length,
      first: Math.min(...locked.map(until)),
    }),
    problems: [
      ...(ended.length > 0
        ? [
            problem(
              'lock-ended',
              'warning',
              `The lock of the newest recovery point of ${countOf(ended.length, 'virtual machine')} has ended: ${namesText(ended.map(({ name }) => name))}.`,
            ),
          ]
        : []),
      ...(ending.length > 0
        ? [
            problem(
              'lock-ending',
              'info',
              `The lock of the newest recovery point of ${countOf(ending.length, 'virtual machine')} ends within three days, the first on ${dayText(Math.min(...ending.map(until)))}: ${namesText(ending.map(({ name }) => name))}.`,
            ),
          ]
        : []),
    ],
  }
}

const problem = (
  kind: OpenProblem['kind'],
  standing: OpenProblem['standing'],
  text: string,
): OpenProblem => ({
  ...{ kind, standing, text, go: { to: 'vms' } },
  advice: 'A new recovery point is locked anew: see why there is none.',
})

const answerOf = ({
  all,
  locked,
  untold,
  first,
}: {
  all: number
  locked: number
  untold: number
  first: number
}): Answer => {
  if (all === 0)
    return {
      standing: 'info',
      text: 'No virtual machine that a policy takes has a recovery point yet that could be locked.',
    }
  const vms = countOf(all, 'virtual machine')
  if (locked === all)
    return {
      standing: 'good',
      text: `The newest recovery point of ${all === 1 ? 'the one virtual machine' : `each of ${vms}`} is locked in the store; the first of these locks ends on ${dayText(first)}.`,
    }
  const unknown = untold > 0 ? ` Of ${untold.toLocaleString('en')} the store did not tell.` : ''
  if (locked === 0)
    return {
      standing: 'info',
      text: `No newest recovery point is known to be locked: whoever gets hold of the storage can delete them. Policies can ask for a lock.${unknown}`,
    }
  return {
    standing: 'warning',
    text: `The newest recovery points of ${locked.toLocaleString('en')} of ${vms} are locked in the store.${unknown}`,
  }
}
