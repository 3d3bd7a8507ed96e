import type { Answer, OpenProblem } from '../contracts/overview-api.ts'
import { discardedLine } from '../policies/discarded.ts'
import type { EstateLook } from './estate.ts'
import { countOf, namesText } from './words.ts'

/** Whether a policy takes each VM, and each has a point. */
export const protectionOf = ({
  known,
  unprotected,
  discarded,
  leftOut,
  taken,
}: Pick<EstateLook, 'known' | 'unprotected' | 'discarded' | 'leftOut' | 'taken'>): {
  answer: Answer
  problems: OpenProblem[]
} => {
  if (known === 0)
    return {
      answer: { standing: 'info', text: 'No gateway has told of a virtual machine yet.' },
      problems: [],
    }
  const all = countOf(known, 'virtual machine')
  const pointless = taken.filter(({ newest }) => !newest).length
  const waiting =
    pointless > 0 ? ` ${pointless.toLocaleString('en')} of them had no backup yet.` : ''
  const others = [
    ...(discarded > 0 ? [` ${discardedLine(discarded)}`] : []),
    ...(leftOut > 0 ? [` ${countOf(leftOut, 'other')} left out by the definition of a site.`] : []),
  ].join('')
  if (unprotected.length === 0)
    return {
      answer: {
        standing: pointless > 0 ? 'info' : 'good',
        text: `${takenText(taken.length, known)}${waiting}${others}`,
      },
      problems: [],
    }
  const which = `${unprotected.length.toLocaleString('en')} of ${all} ${unprotected.length === 1 ? 'is' : 'are'} backed up by no policy`
  return {
    answer: {
      standing: 'warning',
      text: `${which}.${pointless > 0 ? ` Of those that are, ${pointless.toLocaleString('en')} had no backup yet.` : ''}${others}`,
    },
    problems: [
      {
        kind: 'vms-unprotected',
        standing: 'warning',
        text: `${which}: ${namesText(unprotected)}.`,
        advice: 'Let a policy take them, or leave them out knowingly.',
        go: { to: 'unprotected-vms' },
      },
    ],
  }
}

/** "All" is said only where nothing was left out. */
const takenText = (taken: number, known: number): string => {
  if (taken === 0) return 'No virtual machine is to be backed up.'
  if (known === 1) return 'The one virtual machine is backed up by a policy.'
  const text = countOf(taken, 'virtual machine')
  return `${taken === known ? `All ${text}` : text} ${taken === 1 ? 'is' : 'are'} backed up by a policy.`
}
