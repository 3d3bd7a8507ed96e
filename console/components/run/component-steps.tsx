import Box from '@cloudscape-design/components/box'
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import type { StepResult } from '#core/contracts/guest-jobs.ts'
import type { JobView } from '#core/contracts/runs-api.ts'
import { componentSteps as words } from '../../text/run.ts'
import { Sign } from '../sign.tsx'
import { Words } from '../words.tsx'

type State = StepResult['result'] | 'now'

const SIGNS: Record<State, StatusIndicatorProps.Type> = {
  done: 'success',
  now: 'in-progress',
  failed: 'error',
  manual: 'warning',
  'left-out': 'stopped',
  'not-begun': 'pending',
}

interface Shown {
  key: string
  number?: number | undefined
  does: string
  state: State
  text?: string | undefined
}

/** Steps of a restore of a component as they stand: of a job that has ended by its report, of one at work by its last sign. */
const stepsOf = ({ outcome, progress }: JobView): Shown[] => {
  if (outcome?.status === 'component-restored')
    return outcome.report.steps.map(({ number, id, item, does, result, text }) => ({
      ...{ key: `${id} ${item ?? ''}`, number, text, state: result },
      does: item === undefined ? does : `${does}: ${item}`,
    }))
  return (progress?.steps ?? []).map(({ number, does, state }) => ({
    ...{ key: String(number), number, does },
    state: state === 'to-come' ? 'not-begun' : state,
  }))
}

/** What is done of a restore of a component, what goes on or waits for a person, and what is to come. */
export const ComponentSteps = ({ job }: { job: JobView }) => {
  const steps = stepsOf(job)
  if (steps.length === 0) return null
  return (
    <div>
      <Box variant="awsui-key-label">{words.title}</Box>
      <ol>
        {steps.map(({ key, number, does, state, text }) => (
          <li key={key} value={number}>
            <Sign type={SIGNS[state]}>{words.states[state]}</Sign> <Words>{does}</Words>
            {text !== undefined && (
              <Box
                variant="p"
                {...(state === 'manual'
                  ? { fontWeight: 'bold' }
                  : { color: 'text-body-secondary' })}
              >
                <Words>{text}</Words>
              </Box>
            )}
          </li>
        ))}
      </ol>
    </div>
  )
}
