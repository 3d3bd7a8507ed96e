import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import type { RunView } from '#core/contracts/runs-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Ago } from '../../components/time.tsx'
import { policies as words } from '../../text/policies.ts'

const TYPES: Record<RunView['state'], StatusIndicatorProps.Type> = {
  waiting: 'pending',
  running: 'in-progress',
  succeeded: 'success',
  warning: 'warning',
  failed: 'error',
  cancelled: 'stopped',
}

export const RunState = ({ state }: Pick<RunView, 'state'>) => (
  <StatusIndicator type={TYPES[state]}>{words.runStates[state]}</StatusIndicator>
)

/** How its newest run went, and the way there. */
export const LastRun = ({ view: { lastRun } }: { view: PolicyView }) => {
  if (!lastRun) return words.neverRan
  return (
    <>
      <RunState state={lastRun.state} />{' '}
      <PageLink to={`/runs/${lastRun.runId}`}>
        <Ago at={lastRun.started} />
      </PageLink>
    </>
  )
}
