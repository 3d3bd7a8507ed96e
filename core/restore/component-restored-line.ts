import type { ComponentRestoreReport } from '../contracts/guest-jobs.ts'
import { countText } from '../count-text.ts'

/** One line on a restore of a component: what was done, and where it stopped. */
export const componentRestoredLine = ({
  recipe,
  steps,
  stopped,
  folder,
  notes,
}: ComponentRestoreReport): string => {
  const done = steps.filter(({ result }) => result === 'done').length
  const said = notes.length > 0 ? ` ${notes.join(' ')}` : ''
  if (folder !== undefined) return `laid into ${folder} on the guest.${said}`
  if (!stopped) return `restored by ${recipe.name}, ${countText(done, 'step')} done.${said}`
  if (stopped.because === 'failed') {
    const { problem } = stopped
    return `stopped at "${stopped.at}" after ${countText(done, 'step')}: ${problem ? `${problem.message} ${problem.advice}` : 'it failed.'}${said}`
  }
  const manual = steps.find(({ id, result }) => id === stopped.at && result === 'manual')
  return `waits for a person at "${stopped.at}" after ${countText(done, 'step')}: ${manual?.text ?? manual?.does ?? ''}${said}`
}
