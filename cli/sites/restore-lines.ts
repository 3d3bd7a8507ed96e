import type { SiteRestoreView, SiteStepView } from '#core/contracts/site-restores-api.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import type { TimeFormat } from '../output/units.ts'
import { stepLines } from './site-lines.ts'

const STATES: Partial<Record<SiteStepView['state'], string>> = {
  'action-required': 'waits for a person',
}

export const restoreLines = (
  { siteName, restoreId, pointId, taken, started, startedBy, state, notes, line }: SiteRestoreView,
  steps: readonly SiteStepView[],
  time: TimeFormat,
): string[] => [
  `Restore ${restoreId} of ${quoted(siteName)}, ${state}: from the site point ${pointId} of ${time(taken)}`,
  `  begun ${time(started)} by ${quoted(startedBy)}. ${safeText(line)}`,
  ...notes.map(note => `  note: ${safeText(note)}`),
  ...steps.flatMap(step => [
    ...(step.state === 'open' && !step.waitsFor
      ? stepLines(step, step.number, ', may begin')
      : [
          `${String(step.number).padStart(4)}  ${safeText(step.title)} [${step.kind === 'automatic' ? 'XenKeep' : 'a person'}], ${STATES[step.state] ?? step.state}${waitsText(step.waitsFor)}`,
        ]),
    ...(step.runId && step.state !== 'done'
      ? [`        run ${step.runId}: ${safeText(step.line ?? '')}`]
      : []),
    ...(step.state === 'action-required'
      ? [
          `        When that is done: "xenkeep site step ${restoreId} ${step.number} done", and it goes on.`,
        ]
      : []),
    ...step.log.map(({ at, by, text }) => `        ${time(at)} ${quoted(by)}: ${safeText(text)}`),
  ]),
]

const waitsText = (waitsFor: readonly number[] = []): string =>
  waitsFor.length === 0
    ? ''
    : ` (after ${waitsFor.slice(0, 8).join(', ')}${waitsFor.length > 8 ? ' …' : ''})`
