import type { Answer, OpenProblem } from '../contracts/overview-api.ts'
import type { EstateLook } from './estate.ts'
import { countOf, namesText } from './words.ts'

/** Whether a policy takes each VM, and each has a point. */
export const protectionOf = ({
  known,
  unprotected,
  taken,
}: Pick<EstateLook, 'known' | 'unprotected' | 'taken'>): {
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
  if (unprotected.length === 0)
    return {
      answer: {
        standing: pointless > 0 ? 'info' : 'good',
        text: `${known === 1 ? 'The one virtual machine is' : `All ${all} are`} backed up by a policy.${waiting}`,
      },
      problems: [],
    }
  const which = `${unprotected.length.toLocaleString('en')} of ${all} ${unprotected.length === 1 ? 'is' : 'are'} backed up by no policy`
  return {
    answer: {
      standing: 'warning',
      text: `${which}.${pointless > 0 ? ` Of the others, ${pointless.toLocaleString('en')} had no backup yet.` : ''}`,
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
