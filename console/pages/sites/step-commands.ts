import type { SiteStepView } from '#core/contracts/site-restores-api.ts'

export type StepCommand = 'start' | 'confirm' | 'skip' | 'again'

/** What can be done with a step of a restore that goes on, what comes next first. The API checks it again. */
export const commandsOf = ({
  state,
  kind,
  waitsFor,
}: Pick<SiteStepView, 'state' | 'kind' | 'waitsFor'>): StepCommand[] => {
  switch (state) {
    case 'open':
      if (waitsFor) return ['skip']
      return kind === 'automatic' ? ['start', 'confirm', 'skip'] : ['confirm', 'skip']
    case 'failed':
      return ['again', 'confirm', 'skip']
    case 'action-required':
      return ['confirm']
    case 'done':
    case 'skipped':
      return ['again']
    case 'waiting':
    case 'running':
      return []
  }
}
