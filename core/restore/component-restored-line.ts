import type { ComponentRestoreReport } from '../contracts/guest-jobs.ts'
import { countText } from '../count-text.ts'
import { stepsInWords } from '../recipes/open-restore.ts'

/** One line on a restore of a component: what was done, where it stopped and why, and from where it goes on. */
export const componentRestoredLine = ({
  recipe,
  steps,
  stopped,
  folder,
  givenUp,
  notes,
}: ComponentRestoreReport): string => {
  const done = steps.filter(({ result }) => result === 'done').length
  const said = notes.length > 0 ? ` ${notes.join(' ')}` : ''
  if (givenUp) return `given up.${said}`
  if (folder !== undefined) return `laid into ${folder} on the guest.${said}`
  if (!stopped) return `restored by ${recipe.name}, ${countText(done, 'step')} done.${said}`
  const { at, number, of, from = [], problem } = stopped
  const where = number === undefined ? `"${at}"` : `step ${number} of ${of}, "${at}"`
  const goesOn = from.length === 0 ? '' : ` (goes on from ${stepsInWords(from)})`
  if (stopped.because === 'failed')
    return `stopped at ${where} after ${countText(done, 'step')}${goesOn}: ${problem ? `${problem.message} ${problem.advice}` : 'it failed.'}${said}`
  const manual = steps.find(({ id, result }) => id === at && result === 'manual')
  return `stopped for a person at ${where}${goesOn}: ${stopped.text ?? manual?.text ?? manual?.does ?? ''}${said}`
}
